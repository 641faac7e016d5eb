"""Why a server cannot be used, in one line for its owner and the model."""

from collections.abc import Iterator

from openclaw.types.errors import OpenClawError

MOST_CHARACTERS = 400
_WORLD = frozenset({"httpx2", "httpcore2", "mcp", "mcp_types", "pydantic_core"})
"""Whose errors tell of a server, not of us."""


class ConnectionLostError(OpenClawError):
    """The connection to a server is over, or there was none; the text says why."""


def reason(failure: BaseException) -> str:
    """Of what the SDK raises: it wraps the cause in groups of groups."""
    leaf = next(iter(_leaves(failure)))
    text = " ".join(str(leaf).split()) or type(leaf).__name__
    if isinstance(leaf, TimeoutError):
        text = "it did not answer in time"
    elif type(leaf).__module__.partition(".")[0] in {"httpx2", "httpcore2"}:
        text = f"{type(leaf).__name__}: {text}"
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _leaves(failure: BaseException) -> Iterator[BaseException]:
    if not isinstance(failure, BaseExceptionGroup):
        yield failure
        return
    found = [leaf for each in failure.exceptions for leaf in _leaves(each)]
    # What we say ourselves tells most.
    yield from sorted(found, key=lambda leaf: not isinstance(leaf, OpenClawError))


def is_ours(failure: BaseException) -> bool:
    """Whether we have found the words for it ourselves."""
    return any(isinstance(leaf, OpenClawError) for leaf in _leaves(failure))


def is_of_the_world(failure: BaseException) -> bool:
    """Whether everything in it is a server's, the network's or the system's doing, and nothing a mistake of ours."""
    return all(
        isinstance(leaf, OpenClawError | OSError | EOFError)
        or type(leaf).__module__.partition(".")[0] in _WORLD
        for leaf in _leaves(failure)
    )

"""The config file is changed: as a whole and found sound before, or not at all. Blocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openclaw.files import alone_in, write_atomically
from openclaw.settings.checking.safety import insecurities, revealing
from openclaw.settings.editing.edits import Edit, EditError, Put, applied
from openclaw.settings.file import UnreadableError, fingerprint, parse
from openclaw.settings.loading import Loaded, tried
from openclaw.settings.paths import Paths
from openclaw.settings.problems import Problem, at
from openclaw.settings.starter import keep_last_good
from openclaw.types.errors import OpenClawError

EMPTY = "{}\n"


class NotWrittenError(OpenClawError):
    """The file is as it was; the text says why."""


@dataclass(frozen=True, slots=True)
class Written:
    before: Loaded
    after: Loaded
    warnings: tuple[Problem, ...] = ()
    """That there were not before."""
    changed: bool = True


def write_config(
    environ: Mapping[str, str], paths: Paths, edits: Sequence[Edit], *, base: str | None = None
) -> Written:
    """`base`: the fingerprint of the text that the edits were thought out for. Raises NotWrittenError."""

    def work(text: str) -> str:
        new = applied(text, edits)
        _check(new, edits)
        return new

    return rewrite_config(environ, paths, work, base=base)


def rewrite_config(
    environ: Mapping[str, str], paths: Paths, work: Callable[[str], str], *, base: str | None = None
) -> Written:
    """`work` makes the new text of the old one. Raises NotWrittenError."""
    # Where the name is a link, the file behind it is written.
    file = paths.config.resolve()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone_in(file.parent):
        old = _present(file)
        if base is not None and fingerprint(old or b"") != base:
            raise NotWrittenError(f"{file} has changed meanwhile; look at it and try again")
        try:
            text = EMPTY if old is None else old.decode()
            new = work(text)
            before, after = tried(environ, paths, text.encode()), tried(environ, paths, new.encode())
        except (UnreadableError, EditError, UnicodeError) as error:
            raise NotWrittenError(f"{file}: {error}. Nothing was written.") from None
        warnings = refuse_worse(before, after)
        if new == text:
            return Written(before, after, warnings, changed=False)
        if _present(file) != old:
            raise NotWrittenError(f"{file} has changed meanwhile. Nothing was written; try again.")
        write_atomically(file, new.encode())
        keep_last_good(paths, new.encode())
        return Written(before, after, warnings)


def _present(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotWrittenError(f"{file} cannot be read: {error.strerror or error}") from error


def _check(text: str, edits: Sequence[Edit]) -> None:
    """Rather no change than one that says something else."""
    tree = parse(text.encode())
    last = edits[-1] if edits else None
    if isinstance(last, Put) and at(tree, last.path) != last.value:
        raise EditError("the value would not be read again as it was meant")


def refuse_worse(before: Loaded, after: Loaded) -> tuple[Problem, ...]:
    """What is wrong already may stay; what an edit would make wrong is refused. The rest are warnings.

    Raises NotWrittenError.
    """
    insecure = {
        str(error)
        for error in insecurities(before.settings, revealing(before.environ, before.settings.secrets))
    }
    for error in insecurities(after.settings, revealing(after.environ, after.settings.secrets)):
        if str(error) not in insecure:
            raise NotWrittenError(f"{error} Nothing was written.")
    fresh = [problem for problem in after.problems if problem not in before.problems]
    for problem in fresh:
        what = problem.text.partition(". ")[0].removesuffix("; it is ignored")
        if problem.severity == "error":
            raise NotWrittenError(f"{problem.key}: {what}. Nothing was written.")
        if problem.text.startswith("there is no such key"):
            mend = f"{problem.mend} " if "?" in problem.mend else ""
            raise NotWrittenError(f"{problem.key}: {what}. {mend}Nothing was written.")
    return tuple(fresh)

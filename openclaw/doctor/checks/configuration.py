"""The config file: whether it can be read, what is wrong in it, and what would keep the assistant from starting."""

from collections.abc import Iterator

from openclaw.doctor.finding import Finding, Mend, RestoreConfig, TakeOut
from openclaw.doctor.premises import Premises
from openclaw.settings.checking.safety import insecurities, revealing
from openclaw.settings.checking.unknown import tidied
from openclaw.settings.file import UnreadableError, parse, read_config
from openclaw.settings.model import ROOT
from openclaw.settings.problems import Key, Problem, at, dotted, stands
from openclaw.types.errors import ConfigError

UNKNOWN = "there is no such key"
FOREIGN = "known to the original OpenClaw"
MOVE = "openclaw secrets move"


def configuration(premises: Premises) -> Iterator[Finding]:
    if premises.trouble is not None:
        yield _lost(premises.trouble)
        return
    loaded = premises.loaded
    if loaded is None:
        return
    file = str(premises.paths.config)
    if loaded.source == premises.paths.last_good:
        yield _broken(premises)
    if loaded.source is None and premises.paths.last_good.exists():
        yield _gone(premises)
    known = _unknown_keys(premises)
    for problem in loaded.problems:
        # Of the file itself is told above, or with the other files; secrets in plain text have a check of their own.
        if problem.key != file and MOVE not in problem.mend:
            yield judged(problem, known.get(problem.key))


def security(premises: Premises) -> Iterator[Finding]:
    """What the daemon would refuse to start with."""
    if premises.loaded is None:
        return
    for error in insecurities(premises.settings, revealing(premises.environ)):
        yield Finding(
            "config.insecure",
            "error",
            f"{error.key}: {error.problem}.",
            "The assistant does not start with this, so that nobody can misuse it.",
            error.mend,
        )


def judged(problem: Problem, unknown: Key | None) -> Finding:
    """Pure. `unknown`: where the key stands in the file, if it is one that nobody knows."""
    what = f"{problem.key}: {problem.text.rstrip('.')}."
    if problem.text.startswith(FOREIGN):
        return Finding("config.foreign", "info", what, "An existing file may hold it; it does no harm.")
    if problem.text.startswith(UNKNOWN):
        # With a likely name beside it only the owner knows what he meant; without one it never meant anything.
        guessed = problem.mend.startswith("Did you mean")
        mend: Mend | None = TakeOut(unknown) if unknown is not None and not guessed else None
        why = "It has no effect, so the assistant may not do what you meant."
        more = f" Rename it, or take it out: openclaw config unset {problem.key}" if guessed else ""
        return Finding("config.unknown_key", "warn", what, why, f"{problem.mend}{more}", mend)
    if problem.severity == "error":
        why = "A value that cannot be used switches off its part, and nothing else."
        return Finding("config.invalid", "error", what, why, problem.mend)
    return Finding("config.doubtful", "warn", what, "It is hardly what you meant.", problem.mend)


def _unknown_keys(premises: Premises) -> dict[str, Key]:
    """Those that stand in the main file itself: what it includes is changed by its owner alone."""
    config = premises.paths.config
    try:
        tree, main = read_config(config).tree, parse(config.read_bytes())
    except (OSError, UnreadableError):
        return {}
    unknown = (key for key, _ in tidied(tree, ROOT).unknown)
    return {dotted(key): key for key in unknown if stands(at(main, key[:-1]), key[-1])}


def _broken(premises: Premises) -> Finding:
    said = ""
    try:
        read_config(premises.paths.config)
    except (UnreadableError, FileNotFoundError) as error:
        said = str(error)
    return Finding(
        "config.unreadable",
        "error",
        f"{premises.paths.config} cannot be read: {said or 'it was'}.",
        "The assistant runs with the last copy that could be read; what you changed since does not count.",
        f"Mend that place in {premises.paths.config.name}. Or take the last good copy back, yours is kept beside it:"
        " openclaw doctor --fix",
        RestoreConfig(),
    )


def _gone(premises: Premises) -> Finding:
    paths = premises.paths
    return Finding(
        "config.gone",
        "error",
        f"{paths.config} is gone; {paths.last_good.name} beside it holds what it said last.",
        "The commands go by what is built in: no channel, no key, another token than the running assistant's.",
        "openclaw doctor --fix",
        RestoreConfig(),
    )


def _lost(trouble: ConfigError) -> Finding:
    return Finding(
        "config.unreadable",
        "error",
        f"{trouble.key} cannot be read: {trouble.problem}.",
        "The assistant does not start without a config that it can read.",
        trouble.mend,
    )

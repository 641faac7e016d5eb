"""From the file, the environment and the command line to settings, once, before anything runs. Blocks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from openclaw.agent.config import roster
from openclaw.agent.policy.rules import group_problems
from openclaw.settings.checking.repair import usable
from openclaw.settings.checking.safety import refuse_insecure, refuse_open_folder
from openclaw.settings.checking.unknown import tidied, unknown_keys
from openclaw.settings.environment import overlay, with_config, with_file
from openclaw.settings.file import ConfigText, UnreadableError, config_text, fingerprint, read_config
from openclaw.settings.model import ROOT, Settings
from openclaw.settings.originals import with_voice_call
from openclaw.settings.paths import Paths, find_paths
from openclaw.settings.problems import Problem, Raw, part_of, placed, switch_off
from openclaw.settings.references import Expansion
from openclaw.settings.sources.config import secrets_config
from openclaw.settings.starter import bring_back, furnish_empty, keep_last_good, prepare_state
from openclaw.types.errors import ConfigError, OpenClawError
from openclaw.types.secrets import SecretRef


@dataclass(frozen=True, slots=True)
class Start:
    """What a process was started with, and reads its config by again."""

    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    settings: Settings
    paths: Paths
    problems: tuple[Problem, ...]
    source: Path | None
    """The file that was read; None when there is none."""
    environ: Mapping[str, str] = field(repr=False)
    """The process's variables with those of `.env` and of the config's `env`, for references."""
    resolved: frozenset[str] = field(default=frozenset(), repr=False)
    """Secrets that stand in the settings in plain; the log's redactor must know them."""
    fingerprint: str = ""
    """Of the file's text."""
    written: Raw = field(default_factory=dict, repr=False)
    """The config as it is written, the environment laid over it: references are references."""
    raw: Raw = field(default_factory=dict, repr=False)
    """What the settings were made of."""
    files: tuple[Path, ...] = ()
    """All that were read; another one in any of them makes another config."""
    start: Start = Start()


def load(environ: Mapping[str, str], *, config_path: Path | None = None, port: int | None = None) -> Loaded:
    """Raises ConfigError only when the file cannot be read and there is no last-known-good copy."""
    paths = find_paths(environ, config_path)
    if config_path is not None and not paths.config.exists():
        raise ConfigError(str(paths.config), "there is no such file", "Check what --config says.")
    return _load(environ, paths, port)


def load_to_serve(
    environ: Mapping[str, str], *, config_path: Path | None = None, port: int | None = None
) -> Loaded:
    """As `load`, for the daemon: makes what a first start needs, and refuses what would be insecure."""
    paths = find_paths(environ, config_path)
    is_back = False
    if config_path is None or paths.config.exists():
        refuse_open_folder(paths.state)
        is_back = bring_back(paths)
        prepare_state(paths)
    loaded = load(environ, config_path=config_path, port=port)
    if is_back:
        loaded = replace(loaded, problems=(_brought_back(paths), *loaded.problems))
    refuse_insecure(loaded.settings, loaded.environ)
    furnish_empty(profile.workspace for profile in roster(loaded.settings.agents, paths.state))
    if loaded.source == paths.config:
        keep_last_good(paths, paths.config.read_bytes())
    return loaded


def _brought_back(paths: Paths) -> Problem:
    what = f"the file was gone, and {paths.last_good} took its place"
    mend = f"To begin anew, remove both and start again: {paths.config} and {paths.last_good}"
    return Problem(str(paths.config), "warning", what, mend)


def tried(environ: Mapping[str, str], paths: Paths, data: bytes) -> Loaded:
    """What would be loaded if the config file held this. Raises UnreadableError."""
    return _settled(environ, paths, None, (config_text(data, paths.config), paths.config, []))


def last_good(loaded: Loaded) -> Loaded:
    """What the last copy that could be used says. Raises OpenClawError when there is none."""
    paths, start = loaded.paths, loaded.start
    try:
        text = read_config(paths.last_good)
    except (FileNotFoundError, UnreadableError):
        raise OpenClawError(f"{paths.last_good}: there is no copy that could be read") from None
    return _settled(start.environ, paths, start.port, (text, paths.last_good, []))


def reload(loaded: Loaded) -> tuple[Loaded, bytes]:
    """What a start would find in the file now, and the file. Raises UnreadableError; a file that is gone is one."""
    paths, start = loaded.paths, loaded.start
    try:
        text = read_config(paths.config)
        problems = _file_problems(paths.config)
    except FileNotFoundError:
        raise UnreadableError("it is gone") from None
    return _settled(start.environ, paths, start.port, (text, paths.config, problems)), text.data


def _load(environ: Mapping[str, str], paths: Paths, port: int | None) -> Loaded:
    return _settled(environ, paths, port, _read(paths))


def _settled(environ: Mapping[str, str], paths: Paths, port: int | None, read: "_Read") -> Loaded:
    text, source, problems = read
    start = Start(environ, port)
    environ = with_file(environ, paths.environment)
    environ = with_config(environ, text.tree)
    tidy = tidied(with_voice_call(text.tree), ROOT)
    laid = overlay(tidy.raw, ROOT, environ)
    raw = laid.raw if port is None else placed(laid.raw, ("gateway", "port"), port)
    expansion = Expansion(environ, secrets_config(text.tree))
    raw = switch_off(expansion.expanded(raw, ROOT), [part_of(key) for key in expansion.failed])
    settings, mistakes = usable(raw, laid.variables)
    problems += [
        *text.problems,
        *laid.problems,
        *unknown_keys(tidy.unknown, ROOT),
        *expansion.problems,
        *mistakes,
    ]
    problems += _hardly_meant(settings)
    settings = with_token(settings, paths)
    secrets = frozenset(expansion.secrets)
    mark = fingerprint(text.data) if source is not None else ""
    files = (*(text.files or (paths.config,)), paths.environment)
    return Loaded(
        settings, paths, tuple(problems), source, environ, secrets, mark, laid.raw, raw, files, start
    )


_Read = tuple[ConfigText, Path | None, list[Problem]]


def _read(paths: Paths) -> _Read:
    try:
        return read_config(paths.config), paths.config, _file_problems(paths.config)
    except FileNotFoundError:
        return ConfigText(b"", {}), None, []
    except UnreadableError as error:
        broken = str(error)
    mend = f"Mend {paths.config}, then run: openclaw config check"
    try:
        text = read_config(paths.last_good)
    except (FileNotFoundError, UnreadableError):
        raise ConfigError(
            str(paths.config), f"{broken}, and there is no copy that could be read before", mend
        ) from None
    problem = Problem(
        str(paths.config), "warning", f"{broken}. The last good copy is used, {paths.last_good}", mend
    )
    return text, paths.last_good, [problem]


def _file_problems(path: Path) -> list[Problem]:
    if not path.stat().st_mode & 0o077:
        return []
    return [
        Problem(str(path), "warning", "others on this machine may read it", f"Run: chmod 600 {path}"),
    ]


def _hardly_meant(settings: Settings) -> list[Problem]:
    telegram = settings.channels.telegram
    found = []
    for words in [
        *(telegram.problems() if telegram is not None else ()),
        *(whatsapp.problems() if (whatsapp := settings.channels.whatsapp) is not None else ()),
        *(sms.problems() if (sms := settings.channels.sms) is not None else ()),
        *(voice.problems() if (voice := settings.channels.voice) is not None else ()),
        *(salesmsg.problems() if (salesmsg := settings.channels.salesmsg) is not None else ()),
        *(quo.problems() if (quo := settings.channels.quo) is not None else ()),
        *settings.session.problems(),
        *_hardly_meant_of_tools(settings),
    ]:
        said, _, mend = words.partition("; ")
        key, _, what = said.partition(" ")
        found.append(Problem(key.rstrip(":"), "warning", what, f"{mend[:1].upper()}{mend[1:]}."))
    return found


def _hardly_meant_of_tools(settings: Settings) -> Iterator[str]:
    yield from settings.tools.problems()
    for number, agent in enumerate(settings.agents.list):
        yield from agent.tools.problems(f"agents.list[{number}].tools")
    if (telegram := settings.channels.telegram) is not None:
        yield from group_problems("channels.telegram.groups", telegram.groups)


def with_token(settings: Settings, paths: Paths) -> Settings:
    """A config without a token gets the one made at the first start; it never opens a network."""
    gateway = settings.gateway
    if gateway.auth.token is not None or gateway.auth.mode != "token" or gateway.bind != "loopback":
        return settings
    auth = gateway.auth.model_copy(update={"token": SecretRef(f"file:{paths.gateway_token}")})
    return settings.model_copy(update={"gateway": gateway.model_copy(update={"auth": auth})})

"""Where the gateway answers, read without the config's models: they take longer to load than a short command lasts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openclaw.settings.environment import PREFIX, with_config, with_file
from openclaw.settings.file import UnreadableError, read_config
from openclaw.settings.paths import Paths, find_paths
from openclaw.settings.problems import at

if TYPE_CHECKING:
    from openclaw.settings.sources.config import SecretsConfig

PORT = 18789
_PLAIN_AUTH = frozenset({"mode", "token", "rateLimit"})


@dataclass(frozen=True, slots=True)
class Whereabouts:
    paths: Paths
    port: int
    token: str = field(repr=False)
    """As in a secret's field: a reference or the secret itself; empty where none is asked for."""
    environ: Mapping[str, str] = field(repr=False)
    timezone: str | None = None
    """The owner's, as the file has it."""
    secrets: "SecretsConfig | None" = field(default=None, repr=False)
    """For a token that a program of the owner's tells."""


def whereabouts(environ: Mapping[str, str]) -> Whereabouts | None:
    """What `loading.load` would find; None where it must be asked, because the simple reading might differ."""
    paths = find_paths(environ)
    try:
        raw = read_config(paths.config).tree
    except FileNotFoundError:
        raw = {}
    except UnreadableError:
        return None
    environ = with_config(with_file(environ, paths.environment), raw)
    if any(name.startswith(PREFIX) and "gateway" in name.casefold() for name in environ):
        return None
    gateway = raw.get("gateway", {})
    if not isinstance(gateway, dict):
        return None
    port, token = _port(gateway, environ), _token(gateway, environ, paths)
    if port is None or token is None:
        return None
    timezone = at(raw, ("agents", "defaults", "userTimezone"))
    return Whereabouts(paths, port, token, environ, timezone if isinstance(timezone, str) else None)


def _port(gateway: Mapping[str, Any], environ: Mapping[str, str]) -> int | None:
    stated = environ.get("OPENCLAW_GATEWAY_PORT") or gateway.get("port", PORT)
    if isinstance(stated, str):
        stated = int(stated) if stated.isdecimal() else None
    is_port = isinstance(stated, int) and not isinstance(stated, bool) and 0 < stated < 65536
    return stated if is_port else None


def _token(gateway: Mapping[str, Any], environ: Mapping[str, str], paths: Paths) -> str | None:
    if environ.get("OPENCLAW_GATEWAY_TOKEN"):
        return "env:OPENCLAW_GATEWAY_TOKEN"
    auth = gateway.get("auth", {})
    if not isinstance(auth, dict) or not auth.keys() <= _PLAIN_AUTH or auth.get("mode", "token") != "token":
        return None
    token = auth.get("token")
    if isinstance(token, str):
        return token if token and "${" not in token and not token.startswith("exec:") else None
    if token is None and gateway.get("bind", "loopback") == "loopback":
        return f"file:{paths.gateway_token}"
    return None

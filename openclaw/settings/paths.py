"""Where things lie on disk."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    state: Path
    config: Path

    @property
    def last_good(self) -> Path:
        return self.config.with_name(f"{self.config.stem}.last-good.json")

    @property
    def environment(self) -> Path:
        return self.state / ".env"

    @property
    def workspace(self) -> Path:
        return self.state / "workspace"

    @property
    def agents(self) -> Path:
        return self.state / "agents"

    @property
    def credentials(self) -> Path:
        return self.state / "credentials"

    @property
    def gateway_token(self) -> Path:
        """The control plane's token, for a config that does not set one."""
        return self.credentials / "gateway-token"

    @property
    def ledger(self) -> Path:
        return self.state / "ledger.sqlite"

    @property
    def media(self) -> Path:
        return self.state / "media"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def log_file(self) -> Path:
        return self.logs / "gateway.log"


def find_paths(environ: Mapping[str, str], config: Path | None = None) -> Paths:
    """`config` is what the command line says; it wins over the environment."""
    home = Path(environ.get("OPENCLAW_HOME") or environ.get("HOME") or Path.home())
    state = _path(environ.get("OPENCLAW_STATE_DIR"), home) or home / ".openclaw"
    chosen = config or _path(environ.get("OPENCLAW_CONFIG_PATH"), home) or state / "openclaw.json"
    return Paths(state.absolute(), chosen.absolute())


def _path(text: str | None, home: Path) -> Path | None:
    if not text:
        return None
    return home / text[2:] if text.startswith("~/") else Path(text)

"""`tools.exec.*` of the config file."""

from typing import Literal

from pydantic import Field

from openclaw.agent.tools.files.config import ApplyPatchConfig
from openclaw.schema import ConfigPart, Ids

Security = Literal["deny", "allowlist", "full"]


class SafeBinProfile(ConfigPart):
    """What a program of the allow-list may be given; what is not named here is refused."""

    max_positional: int = Field(default=0, ge=0)
    """Arguments that are no options."""
    flags: tuple[str, ...] = ()
    """Options without a value."""
    allowed_value_flags: tuple[str, ...] = ()
    """Options with a value joined to them: `-n` for `-n5`, `--name` for `--name=value`."""


class ExecConfig(ConfigPart):
    host: Literal["sandbox", "gateway", "node"] = "sandbox"
    """`gateway`: on the machine itself, without a sandbox, and never as root."""
    security: Security = "full"
    ask: Literal["off", "on-miss", "always"] = "off"
    path_prepend: tuple[str, ...] = ()
    safe_bins: Ids = ("jq", "cut", "uniq", "head", "tail", "tr", "wc")
    safe_bin_trusted_dirs: tuple[str, ...] = ("/bin", "/usr/bin")
    safe_bin_profiles: dict[str, SafeBinProfile] = Field(default_factory=dict)
    background_ms: int = Field(default=10_000, ge=0, le=600_000)
    """A command that takes longer goes on in the background."""
    timeout_sec: int = Field(default=1800, gt=0)
    cleanup_ms: int = Field(default=1_800_000, ge=0)
    """How long the output of a process that has ended is kept."""
    notify_on_exit: bool = True
    notify_on_exit_empty_success: bool = False
    apply_patch: ApplyPatchConfig = ApplyPatchConfig()

"""`secrets.*` of the config file: where references of the original's form are looked up."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from openclaw.schema import ConfigPart

Source = Literal["env", "file", "exec"]
MOST_SECONDS = 5.0


class SecretProvider(ConfigPart):
    """One place that holds secrets, by the name that `{source, provider, id}` gives it."""

    source: Source
    allowlist: tuple[str, ...] = ()
    """env: the variables it may name; empty: all."""
    path: str | None = None
    """file: absolute, or from `~/`."""
    mode: Literal["json", "singleValue"] = "json"
    command: str | None = None
    """exec: the program, by its full path."""
    args: tuple[str, ...] = ()
    pass_env: tuple[str, ...] = ()
    """exec: variables of ours that it gets besides PATH, HOME and the like."""
    env: dict[str, str] = {}
    timeout_ms: int = Field(default=5000, gt=0)
    max_output_bytes: int = Field(default=65_536, gt=0, le=8 * 1024 * 1024)
    json_only: bool = True
    """exec: false takes what it prints as the value, where it is no JSON."""
    allow_symlink_command: bool = False
    trusted_dirs: tuple[str, ...] = ()
    """exec: the program must lie in one of them; empty: anywhere."""

    @field_validator("command")
    @classmethod
    def _absolute(cls, command: str | None) -> str | None:
        if command is not None and not command.startswith("/"):
            raise ValueError("the program must be named by its full path")
        return command

    @property
    def seconds(self) -> float:
        return min(self.timeout_ms / 1000, MOST_SECONDS)


class SecretDefaults(ConfigPart):
    """Which provider a reference without one means."""

    env: str = "default"
    file: str = "default"
    exec: str = "default"


class SecretsConfig(ConfigPart):
    providers: dict[str, SecretProvider] = {}
    defaults: SecretDefaults = SecretDefaults()

    def provider(self, source: str, name: str | None) -> tuple[str, SecretProvider | None]:
        """Its name, and what it is; None for one of another kind, or for none."""
        chosen = name or str(getattr(self.defaults, source, "default"))
        found = self.providers.get(chosen)
        return chosen, found if found is not None and found.source == source else None


NO_SECRETS = SecretsConfig()


def secrets_config(raw: Mapping[str, Any]) -> SecretsConfig:
    """As far as it can be used; what is wrong with the rest is told where the whole config is checked."""
    section = raw.get("secrets")
    if not isinstance(section, dict):
        return NO_SECRETS
    providers = section.get("providers")
    good: dict[str, SecretProvider] = {}
    for name, provider in (providers if isinstance(providers, dict) else {}).items():
        try:
            good[name] = SecretProvider.model_validate(provider)
        except ValidationError:
            continue
    try:
        defaults = SecretDefaults.model_validate(section.get("defaults") or {})
    except ValidationError:
        defaults = SecretDefaults()
    return SecretsConfig(providers=good, defaults=defaults)

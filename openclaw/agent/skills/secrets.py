"""What the owner has given to a skill: its key and its variables, for its own runs and nobody else's."""

import re
from collections.abc import Collection, Iterable, Mapping

from openclaw.agent.config import SkillEntry, SkillsConfig
from openclaw.agent.skills.manifest import Skill
from openclaw.types.secrets import Resolver

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_STEERING = re.compile(
    r"PATH|HOME|SHELL|IFS|ENV|BASH_ENV|BASH_FUNC.*|PS4|PROMPT_COMMAND|EDITOR|VISUAL|PAGER|CDPATH|GLOBIGNORE"
    r"|LD_.*|DYLD_.*|PYTHON.*|NODE_OPTIONS|NODE_PATH|PERL5.*|PERLLIB|RUBY.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|GCONV_PATH"
    r"|GIT_.*|SSH_.*|OPENCLAW_.*|.*_PROXY|SSL_CERT_.*|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE",
    re.IGNORECASE,
)
"""They decide what a program runs or whom it trusts. A skill's own settings are never called that."""


class HandedConfig(dict[str, object]):
    """The `config` of a skill's functions: `skills.entries.<key>.config`, and what it was given in secret.

    `apiKey` and `env` hold plain values from the moment a call begins; `refresh` reads them.
    """

    def __init__(self, entry: SkillEntry, resolver: Resolver | None) -> None:
        super().__init__(entry.config)
        self._entry = entry
        self._resolver = resolver

    async def refresh(self) -> None:
        """Raises SecretError."""
        if self._resolver is None:
            return
        if self._entry.api_key is not None:
            self["apiKey"] = (await self._resolver.resolve(self._entry.api_key)).reveal()
        if self._entry.env:
            named = self._entry.env.items()
            self["env"] = {name: (await self._resolver.resolve(value)).reveal() for name, value in named}

    def __repr__(self) -> str:
        """Skills print it; their secrets stay where they are."""
        return repr({name: "***" if name in {"apiKey", "env"} else value for name, value in self.items()})

    __str__ = __repr__


class SkillSecrets:
    """For whoever runs programs on behalf of skills."""

    def __init__(self, config: SkillsConfig, resolver: Resolver, present: Collection[str] = ()) -> None:
        """`present`: names of variables that the process has; they win, as its owner set them closer by."""
        self._config = config
        self._resolver = resolver
        self._present = frozenset(present)

    def adopt(self, config: SkillsConfig) -> None:
        self._config = config

    async def skill_env(self, skills: Iterable[Skill]) -> Mapping[str, str]:
        """The variables for one run in which these skills are used. Raises SecretError."""
        found: dict[str, str] = {}
        for skill in skills:
            entry = self._config.entry(skill.manifest.key)
            given = dict(entry.env)
            if entry.api_key is not None and skill.manifest.primary_env:
                given.setdefault(skill.manifest.primary_env, entry.api_key)
            for name, reference in given.items():
                if name not in found and name not in self._present and is_harmless_name(name):
                    found[name] = (await self._resolver.resolve(reference)).reveal()
        return found


def is_harmless_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and not _STEERING.fullmatch(name)

"""Rules about tools as the config file writes them, and as they are decided by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, ValidationError

from openclaw.schema import ConfigPart, Ids

ToolProfile = Literal["minimal", "coding", "messaging", "full"]


class ToolRulesConfig(ConfigPart):
    """Which tools there are. Deny wins; names ignore case, `*` stands for anything, `group:fs` for several."""

    profile: ToolProfile | None = None
    allow: Ids = ()
    also_allow: Ids = ()
    """Besides those of the profile."""
    deny: Ids = ()


class ToolPolicyConfig(ToolRulesConfig):
    by_provider: dict[str, ToolRulesConfig] = Field(default_factory=dict)
    """By `provider`, or by `provider/model`, which counts before it."""
    tools_by_sender: dict[str, ToolRulesConfig] = Field(default_factory=dict)
    """By `channel:<channel>:<id>`, `id:<id>`, `e164:<number>`, `role:owner|member|stranger`, or `*`."""

    def problems(self, place: str) -> Iterator[str]:
        """What will hardly do what was meant, in words that say what to do."""
        yield from _doubled(place, self)
        yield from rule_problems(f"{place}.byProvider", self.by_provider)
        yield from sender_problems(f"{place}.toolsBySender", self.tools_by_sender)


class SubagentToolsConfig(ConfigPart):
    allow: Ids = ()
    deny: Ids = ()


class SubagentPolicyConfig(ConfigPart):
    tools: SubagentToolsConfig = SubagentToolsConfig()
    """For agents that an agent has begun. What they never have, no list gives them."""


class GroupToolsConfig(ConfigPart):
    """Of one chat in `channels.<c>.groups`; what else stands there is the channel's."""

    tools: ToolRulesConfig = ToolRulesConfig()
    tools_by_sender: dict[str, ToolRulesConfig] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolRules:
    profile: ToolProfile | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    also_allow: tuple[str, ...] = ()
    by_provider: "NamedRules" = ()
    by_sender: "NamedRules" = ()


NamedRules = tuple[tuple[str, ToolRules], ...]
"""By their names in the file."""


@dataclass(frozen=True, slots=True)
class GroupRules:
    tools: ToolRules = ToolRules()
    by_sender: NamedRules = ()


SHUT = ToolRules(deny=("*",))
"""What stands for rules that cannot be read."""


def tool_rules(config: ToolRulesConfig | SubagentToolsConfig) -> ToolRules:
    if isinstance(config, SubagentToolsConfig):
        return ToolRules(allow=config.allow, deny=config.deny)
    plain = ToolRules(config.profile, config.allow, config.deny, config.also_allow)
    if not isinstance(config, ToolPolicyConfig):
        return plain
    return ToolRules(
        plain.profile, plain.allow, plain.deny, plain.also_allow,
        named_rules(config.by_provider), named_rules(config.tools_by_sender),
    )  # fmt: skip


def named_rules(configs: Mapping[str, ToolRulesConfig]) -> NamedRules:
    return tuple((name, tool_rules(config)) for name, config in configs.items())


def group_rules(groups: Mapping[str, Any]) -> dict[str, GroupRules]:
    """`channels.<c>.groups` as it stands in the file. A group whose rules cannot be read has no tools."""
    return {chat: _group(group) for chat, group in groups.items() if group is not None}


def _group(group: object) -> GroupRules:
    try:
        config = GroupToolsConfig.model_validate(group)
    except ValidationError:
        return GroupRules(SHUT)
    return GroupRules(tool_rules(config.tools), named_rules(config.tools_by_sender))


def group_problems(place: str, groups: Mapping[str, Any]) -> Iterator[str]:
    """`place`: `channels.telegram.groups`."""
    for chat, group in groups.items():
        name = f'{place}["{chat}"]'
        try:
            config = GroupToolsConfig.model_validate(group if group is not None else {})
        except ValidationError as error:
            where = ".".join(str(step) for step in error.errors(include_url=False)[0]["loc"])
            where = f"{name}.{where}" if where else name
            yield f"{where} cannot be read as rules for tools, so nobody has any there; mend it"
            continue
        yield from _doubled(f"{name}.tools", config.tools)
        yield from sender_problems(f"{name}.toolsBySender", config.tools_by_sender)


def sender_problems(place: str, by_sender: Mapping[str, ToolRulesConfig]) -> Iterator[str]:
    for name in by_sender:
        if name.lower().startswith(("username:", "name:")):
            yield f'{place}["{name}"] is nobody: names change hands; write id:<number> instead'
    yield from rule_problems(place, by_sender)


def rule_problems(place: str, named: Mapping[str, ToolRulesConfig]) -> Iterator[str]:
    for name, rules in named.items():
        yield from _doubled(f'{place}["{name}"]', rules)


def _doubled(place: str, rules: ToolRulesConfig) -> Iterator[str]:
    if rules.allow and rules.also_allow:
        yield f"{place}.alsoAllow stands beside allow and is read as part of it; keep one of the two"

"""Who may use which tool, and which rule of the file says so. Pure."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from openclaw.agent.policy.names import FOR_OTHERS, PROFILES, ToolName, first_naming, is_known
from openclaw.agent.policy.rules import GroupRules, NamedRules, ToolRules
from openclaw.types.messages import ChatType, Role

NEVER_FOR_SUBAGENTS = (
    "gateway", "agents_list", "whatsapp_login", "session_status", "cron", "memory_search", "memory_get",
    "sessions_send",
)  # fmt: skip
NEVER_FOR_LEAVES = ("sessions_list", "sessions_history", "sessions_spawn")
"""Subagents that may not have subagents of their own."""
OWNERS_ALONE = ("gateway",)

Account = tuple[str, str]
"""Channel and account."""


@dataclass(frozen=True, slots=True)
class Who:
    """For whom a turn runs, and where."""

    agent: str = "main"
    model: str = ""
    """`provider/model` that answers."""
    channel: str = "webchat"
    account: str = "default"
    chat: str = ""
    chat_type: ChatType = "direct"
    sender: str = ""
    """The immutable id."""
    role: Role = "owner"
    depth: int = 0
    """How many spawned agents lie between a person and this turn."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Every rule of the file."""

    tools: ToolRules = field(default_factory=ToolRules)
    agents: Mapping[str, ToolRules] = field(default_factory=dict)
    by_channel: Mapping[str, ToolRules] = field(default_factory=dict)
    groups: Mapping[Account, Mapping[str, GroupRules]] = field(default_factory=dict)
    """By chat, or `*`."""
    subagents: ToolRules = field(default_factory=ToolRules)
    spawn_depth: int = 1
    """An agent so deep has no agents of its own."""


@dataclass(frozen=True, slots=True)
class Ruling:
    allowed: bool
    rule: str
    """Which key of the file decided, or which default."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One rule. A tool needs to be named by every layer that has an `allow`, and by no `deny`."""

    key: str
    allow: tuple[str, ...] | None = None
    """None: it does not say."""
    deny: tuple[str, ...] = ()
    kind: str = ".allow"
    """What the key ends with where it allows; empty for what is no key."""


Placed = tuple[str, ToolRules]
"""Rules with the key they stand at."""


def decide(tool: ToolName, who: Who, policy: Policy, present: Set[str] = frozenset()) -> Ruling:
    return ruling(tool, layers(who, policy, present))


def ruling(tool: ToolName, rules: tuple[Layer, ...]) -> Ruling:
    for layer in rules:
        if (named := first_naming(layer.deny, tool)) is not None:
            return Ruling(False, f'{layer.key}.deny: "{named}"' if layer.kind else layer.key)
    decided = ""
    for layer in rules:
        if layer.allow is None:
            continue
        if (named := first_naming(layer.allow, tool)) is None:
            return Ruling(False, f"{layer.key}{layer.kind} does not name {tool.name}")
        decided = f'{layer.key}{layer.kind}: "{named}"' if layer.kind else layer.key
    return Ruling(True, decided)


def layers(who: Who, policy: Policy, present: Set[str]) -> tuple[Layer, ...]:
    """All that holds for a turn, the widest first. `present`: the names of the tools there are."""
    agent = policy.agents.get(who.agent, ToolRules())
    common, own = ("tools", policy.tools), (f"agents.list[{who.agent}].tools", agent)
    special = list(_special(who, policy, agent))
    widened = tuple(name for _, rules in special for name in rules.also_allow)
    of_model = [found for each in (common, own) if (found := _of_provider(each, who.model)) is not None]
    every = [
        _base(who, common, own, widened),
        *_provider_profile(of_model, widened),
        *_of_role(who, special, widened),
        *(_lists(placed, who, present) for placed in (common, own, *of_model, *special)),
        *_of_depth(who, policy, present),
    ]
    return tuple(layer for layer in every if layer.allow is not None or layer.deny)


# -- profiles ---------------------------------------------------------------------------------------------


def _base(who: Who, common: Placed, own: Placed, widened: tuple[str, ...]) -> Layer:
    """An agent's own profile stands in the place of the common one."""
    also = own[1].also_allow or common[1].also_allow
    for key, rules in (own, common):
        if rules.profile is not None:
            return _profile(f'{key}.profile "{rules.profile}"', PROFILES[rules.profile], (*also, *widened))
    return _profile("profile full of the owner", ("*",)) if who.role == "owner" else Layer("")


def _profile(told: str, allow: tuple[str, ...], also: tuple[str, ...] = ()) -> Layer:
    return Layer(told, (*allow, *also), kind="")


def _provider_profile(providers: list[Placed], widened: tuple[str, ...]) -> Iterator[Layer]:
    for key, rules in reversed(providers):
        if rules.profile is not None:
            also = (*rules.also_allow, *widened)
            yield _profile(f'{key}.profile "{rules.profile}"', PROFILES[rules.profile], also)
            return


def _of_role(who: Who, special: list[Placed], widened: tuple[str, ...]) -> Iterator[Layer]:
    """Others than the owner have more only where a rule for their channel, group or themselves says so."""
    profiles = [(key, rules.profile) for key, rules in special if rules.profile is not None]
    if who.role == "owner":
        for key, profile in profiles:
            yield _profile(f'{key}.profile "{profile}"', PROFILES[profile], widened)
        return
    yield Layer("only the owner", deny=OWNERS_ALONE, kind="")
    if profiles:
        key, profile = profiles[-1]
        yield _profile(f'{key}.profile "{profile}"', PROFILES[profile], widened)
    else:
        yield _profile(f"profile messaging of {who.role}s", FOR_OTHERS, widened)


# -- lists ------------------------------------------------------------------------------------------------


def _lists(placed: Placed, who: Who, present: Set[str]) -> Layer:
    key, rules = placed
    # Beside an allow-list, alsoAllow is a part of it; alone it widens a profile.
    allow = (*rules.allow, *rules.also_allow) if rules.allow else None
    if allow is not None and not any(is_known(name, present) for name in allow):
        # The original ignores a list that names nothing, lest the owner locks himself out. Others stay out.
        allow = None if who.role == "owner" else allow
    return Layer(key, allow, rules.deny)


def idle_lists(policy: Policy, present: Set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Lists that name no tool there is or may be: their keys and names."""
    places: list[Placed] = [("tools", policy.tools), ("tools.subagents.tools", policy.subagents)]
    places += [(f"agents.list[{name}].tools", rules) for name, rules in policy.agents.items()]
    places += [(f"tools.byChannel.{name}", rules) for name, rules in policy.by_channel.items()]
    for key, rules in [*places]:
        places += [(f'{key}.byProvider["{name}"]', each) for name, each in rules.by_provider]
        places += [(f'{key}.toolsBySender["{name}"]', each) for name, each in rules.by_sender]
    for (channel, _), groups in policy.groups.items():
        for chat, group in groups.items():
            key = f'channels.{channel}.groups["{chat}"]'
            places += [(f"{key}.tools", group.tools)]
            places += [(f'{key}.toolsBySender["{name}"]', each) for name, each in group.by_sender]
    for key, rules in places:
        if rules.allow and not any(is_known(name, present) for name in (*rules.allow, *rules.also_allow)):
            yield f"{key}.allow", rules.allow


def _of_provider(placed: Placed, model: str) -> Placed | None:
    key, rules = placed
    named = {name.lower(): (name, each) for name, each in rules.by_provider}
    for wanted in (model.lower(), model.lower().partition("/")[0]):
        if wanted in named:
            name, each = named[wanted]
            return f'{key}.byProvider["{name}"]', each
    return None


def _special(who: Who, policy: Policy, agent: ToolRules) -> Iterator[Placed]:
    """The channel's rules, the group's, the sender's."""
    if (rules := policy.by_channel.get(who.channel)) is not None:
        yield f"tools.byChannel.{who.channel}", rules
    if (group := _of_group(who, policy)) is not None:
        yield group
    for key, named in (
        (f"agents.list[{who.agent}].tools.toolsBySender", agent.by_sender),
        ("tools.toolsBySender", policy.tools.by_sender),
    ):
        if (found := _of_sender(key, named, who)) is not None:
            yield found
            return


def _of_group(who: Who, policy: Policy) -> Placed | None:
    if who.chat_type == "direct":
        return None
    groups = policy.groups.get((who.channel, who.account), {})
    chat = who.chat if who.chat in groups else "*"
    if (group := groups.get(chat)) is None:
        return None
    key = f'channels.{who.channel}.groups["{chat}"]'
    return _of_sender(f"{key}.toolsBySender", group.by_sender, who) or (f"{key}.tools", group.tools)


def _of_sender(key: str, named: NamedRules, who: Who) -> Placed | None:
    """By immutable ids and roles alone: a name that its bearer may change says nothing."""
    known = {name.strip().lower(): (name, rules) for name, rules in named}
    for wanted in _names_of(who):
        if wanted.lower() in known:
            name, rules = known[wanted.lower()]
            return f'{key}["{name}"]', rules
    return None


def _names_of(who: Who) -> Iterator[str]:
    if who.sender:
        yield f"channel:{who.channel}:{who.sender}"
        yield f"{who.channel}:{who.sender}"
        yield f"id:{who.sender}"
        yield who.sender
        if who.sender.startswith("+"):
            yield f"e164:{who.sender}"
    yield f"role:{who.role}"
    yield "*"


def _of_depth(who: Who, policy: Policy, present: Set[str]) -> Iterator[Layer]:
    if who.depth < 1:
        return
    yield Layer("no subagent has it", deny=NEVER_FOR_SUBAGENTS, kind="")
    if who.depth >= policy.spawn_depth:
        yield Layer("no subagent has it that has none of its own", deny=NEVER_FOR_LEAVES, kind="")
    yield _lists(("tools.subagents.tools", policy.subagents), who, present)

"""Who may write to the assistant, and what they can have it do."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from openclaw.doctor.finding import Finding, Put
from openclaw.doctor.people import FILES, RUNTIME, Entrance, entrances, may_use, paired, sharing_main
from openclaw.doctor.premises import Premises
from openclaw.settings.model import Settings

WRITERS = frozenset({"write", "edit", "apply_patch", "group:fs"})
SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/home", "/Users", "/private/tmp", "/opt/homebrew")  # noqa: S108
BUSINESS = frozenset({"salesmsg", "quo", "sms", "voice"})
INTERPRETERS = frozenset(
    {
        "sh", "bash", "zsh", "dash", "ksh", "fish", "python", "python3", "node", "deno", "bun", "perl", "ruby", "php",
        "lua", "tclsh", "awk", "gawk", "sed", "find", "xargs", "env", "make", "ssh", "vim", "vi", "ed", "git", "tar",
    }
)  # fmt: skip


def people(premises: Premises) -> Iterator[Finding]:
    settings, state = premises.settings, premises.paths.state
    by_code = {each.place: paired(premises.paths.credentials, each) for each in entrances(settings)}
    for entrance in entrances(settings):
        yield from entered(entrance)
        yield from handed(entrance, settings, state, known=bool(by_code[entrance.place] | entrance.allowed))
    yield from sharing(settings, by_code)
    yield from commanding(settings)
    yield from summary(premises, by_code)


def entered(entrance: Entrance) -> Iterator[Finding]:
    """Pure."""
    name = entrance.channel
    if entrance.is_open and name in BUSINESS:
        yield Finding(
            f"channels.{name}.dm.open",
            "info",
            f"Anybody may write to {entrance.place}, as to any business number.",
            "Its agent should have only the tools that strangers may have it use.",
            "openclaw tools list --channel " + name,
        )
    elif entrance.is_open:
        star = entrance.policy != "open"
        yield Finding(
            f"channels.{name}.dm.open",
            "error",
            f"Anybody may talk to the assistant by {entrance.place}.",
            "Strangers spend your money and try to talk it into things.",
            f"Take the * out of {entrance.place}.allowFrom."
            if star
            else f"openclaw config set {entrance.policy_key} pairing",
        )
    groups = entrance.groups
    if groups is not None and groups.policy == "open":
        yield Finding(
            f"channels.{name}.groups.open",
            "error" if not groups.rules else "warn",
            f"Everybody in its groups may talk to the assistant ({entrance.place}.groupPolicy open).",
            "You do not decide who writes there.",
            f"openclaw config set {entrance.place}.groupPolicy allowlist",
            Put((*_path(entrance), "groupPolicy"), "allowlist"),
        )


def _path(entrance: Entrance) -> tuple[str, ...]:
    if entrance.account == "default":
        return ("channels", entrance.channel)
    return ("channels", entrance.channel, "accounts", entrance.account)


def handed(entrance: Entrance, settings: Settings, state: Path, *, known: bool) -> Iterator[Finding]:
    """What others than the owner may have done there. Pure."""
    can = [tool for tool in RUNTIME if may_use(settings, state, tool, "stranger", entrance)]
    if entrance.is_open and can:
        yield Finding(
            "security.exposure.open_channels_with_exec",
            "error",
            f"By {entrance.place} anybody may have the assistant run commands.",
            "That is an open door to this machine.",
            f"openclaw tools explain exec --channel {entrance.channel} --sender somebody, which names the rule",
        )
    groups = entrance.groups
    if groups is not None and groups.policy == "open":
        wide = [t for t in (*RUNTIME, *FILES) if may_use(settings, state, t, "stranger", entrance, "-100")]
        if wide:
            yield Finding(
                "security.exposure.open_groups_with_runtime_or_fs",
                "error",
                f"In open groups of {entrance.place} anybody may have the assistant use {', '.join(wide)}.",
                "Whoever is in the group reaches this machine.",
                f"openclaw config set {entrance.place}.groupPolicy allowlist",
            )
    elif known and not entrance.is_open and may_use(settings, state, "exec", "member", entrance):
        yield Finding(
            "tools.members_with_exec",
            "warn",
            f"By {entrance.place} people whom you have let in may have the assistant run commands.",
            "They are not you; what they send on may be somebody else's.",
            f"openclaw tools explain exec --channel {entrance.channel} --sender somebody, which names the rule",
        )


def sharing(settings: Settings, by_code: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """Pure."""
    shared = sharing_main(settings, by_code)
    for channel in dict.fromkeys(each.partition(":")[0] for each in shared):
        yield Finding(
            f"channels.{channel}.dm.scope_main_multiuser",
            "warn",
            f"Who writes by {channel} shares your main conversation (session.dmScope main).",
            "The assistant may tell one of you what the other has said.",
            "openclaw config set session.dmScope per-channel-peer",
        )
    others = {each for entrance in entrances(settings) for each in by_code.get(entrance.place, ())}
    if len(others) > 1 and settings.tools.exec.host == "gateway":
        yield Finding(
            "security.trust_model.multi_user_heuristic",
            "warn",
            f"{len(others)} people besides you may write, and commands run on the machine itself.",
            "The assistant is made for one owner: it keeps others out of your things, not out of each other's.",
            "Give them an assistant of their own, or: openclaw config set tools.exec.host sandbox",
        )


def commanding(settings: Settings) -> Iterator[Finding]:
    """Pure."""
    commands = settings.commands
    if any(entry == "*" or entry.endswith(":*") for entry in commands.owner_allow_from):
        kept = tuple(each for each in commands.owner_allow_from if each != "*" and not each.endswith(":*"))
        yield Finding(
            "commands.owner_wildcard",
            "error",
            "commands.ownerAllowFrom holds *: everybody would be the owner. It is not followed here.",
            "In another program that reads this file, it is.",
            "openclaw security audit --fix",
            Put(("commands", "ownerAllowFrom"), kept),
        )
    if not commands.use_access_groups and not commands.allow_from:
        yield Finding(
            "commands.access_groups_off",
            "warn",
            "Everybody who is answered may give commands (commands.useAccessGroups false).",
            "They may begin conversations anew and choose models at your cost.",
            "openclaw config unset commands.useAccessGroups",
            Put(("commands", "useAccessGroups"), True),
        )
    if commands.config:
        yield Finding(
            "commands.config_in_chat",
            "info",
            "You may change the config from a chat (commands.config).",
            "Whoever has your unlocked telephone may do it too; only harmless keys can be changed so.",
            "openclaw config unset commands.config",
        )
    sms = settings.channels.sms
    if sms is not None and sms.enabled and sms.bootstrap_trust.enabled:
        yield Finding(
            "channels.sms.bootstrap_trust",
            "info",
            "Who texts first, while nobody is authorised yet, becomes authorised.",
            "It gives answers, never your authority, and only in the first hour.",
            "openclaw config set channels.sms.bootstrapTrust false",
        )


# -- tools ------------------------------------------------------------------------------------------------


def tools(premises: Premises) -> Iterator[Finding]:
    yield from running(premises.settings)
    yield from contradicting(premises.settings, premises.paths.state)


def contradicting(settings: Settings, state: Path) -> Iterator[Finding]:
    """Rules that do not do what they seem to. Pure."""
    denied = sorted(WRITERS & set(settings.tools.deny))
    if denied and may_use(settings, state, "exec", "owner", None):
        yield Finding(
            "tools.exec.fs_tools_disabled_but_exec_enabled",
            "warn",
            f"{', '.join(denied)} may not be used, and commands may (tools.deny).",
            "A command can write the same files.",
            "Add exec to tools.deny, or take the others out.",
        )
    for place, agent in enumerate(settings.agents.list):
        wider = agent.tools.profile
        if settings.tools.profile == "minimal" and wider not in {None, "minimal"}:
            yield Finding(
                "tools.profile_minimal_overridden",
                "warn",
                f"The agent {agent.id} has the tools of the profile {wider}, and the common profile is minimal.",
                "What is kept from everybody, this one has.",
                f"openclaw config unset agents.list[{place}].tools.profile",
            )
    risky = [each for each in settings.tools.exec.safe_bin_trusted_dirs if is_risky(each)]
    if risky:
        yield Finding(
            "tools.exec.safe_bin_trusted_dirs_risky",
            "warn",
            f"Programs in {', '.join(risky)} are trusted, and others may put programs there (safeBinTrustedDirs).",
            "A program with a harmless name may be anything.",
            "openclaw config unset tools.exec.safeBinTrustedDirs",
        )


def is_risky(folder: str) -> bool:
    """Pure. A folder that others than the machine's administrator may write to."""
    return not folder.startswith("/") or folder.startswith(SHARED_FOLDERS)


def running(settings: Settings) -> Iterator[Finding]:
    """Pure."""
    rules, fs = settings.tools.exec, settings.tools.fs
    if rules.host == "gateway":
        yield Finding(
            "tools.exec.host_gateway",
            "warn",
            "Commands run on the machine itself, without a sandbox (tools.exec.host gateway).",
            "A command that somebody talks the assistant into reaches all your files.",
            "openclaw config set tools.exec.host sandbox",
        )
        if rules.security == "full" and rules.ask == "off":
            yield Finding(
                "tools.exec.security_full_configured",
                "error",
                "They run unasked, whatever they are (tools.exec.security full, ask off).",
                "There is nothing between a mistake and this machine.",
                "openclaw config set tools.exec.ask on-miss",
            )
    loose = sorted(set(rules.safe_bins) & INTERPRETERS - rules.safe_bin_profiles.keys())
    if loose:
        yield Finding(
            "tools.exec.safe_bins_interpreter_unprofiled",
            "warn",
            f"{', '.join(loose)} may run without asking, and can run anything (tools.exec.safeBins).",
            "A program that runs other programs is not safe by its name.",
            "Take it out of tools.exec.safeBins, or say in safeBinProfiles what it may be given.",
        )
    if not fs.workspace_only:
        yield Finding(
            "tools.fs.workspace_only_off",
            "warn",
            "The assistant may ask to read and write files anywhere on the machine (tools.fs.workspaceOnly false).",
            "You decide each time, and one time you will be in a hurry.",
            "openclaw config unset tools.fs.workspaceOnly",
        )


# -- all of it --------------------------------------------------------------------------------------------


def summary(premises: Premises, by_code: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    settings = premises.settings
    doors = list(entrances(settings))
    known = {each for people in by_code.values() for each in people}
    parts = [
        f"{len(doors)} channel account{'' if len(doors) == 1 else 's'}",
        f"{sum(each.is_open for each in doors)} of them open to anybody",
        f"{len(known)} let in by a code",
        f"commands run {'in the sandbox' if settings.tools.exec.host == 'sandbox' else 'on the machine'}",
        f"{len(settings.mcp.servers)} MCP servers",
        "hooks on" if settings.hooks.token is not None else "hooks off",
    ]
    yield Finding(
        "summary.attack_surface",
        "info",
        f"What can be reached from outside: {'; '.join(parts)}.",
        "The fewer, the better.",
    )

"""How the assistant is set up: nothing is broken, and the owner may have meant it otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openclaw.agent.bootstrap import NAMES
from openclaw.agent.host import timezone_name, zone
from openclaw.doctor.finding import Finding
from openclaw.doctor.people import Entrance, entrances, paired, sharing_main
from openclaw.doctor.premises import Premises
from openclaw.gateway.jobs.heartbeat import FILE, is_blank, pulses
from openclaw.llm import auth_file
from openclaw.llm.profiles import can_ask_any
from openclaw.settings.model import Settings
from openclaw.store.inspection import DamagedError, UnreadError, spent_by_heartbeats

DAY_MS = 86_400_000
WEEK_DAYS = 7
DEAR_A_DAY = 0.5
OFTEN = 96
"""Heartbeats a day; that is one in fifteen minutes."""
FOR_STRANGERS = frozenset({"salesmsg", "quo", "sms", "voice"})
"""Numbers of a business: that anybody may write there is mostly what they are for."""


def shared_sessions(premises: Premises) -> Iterator[Finding]:
    settings, credentials = premises.settings, premises.paths.credentials
    by_code = {each.place: paired(credentials, each) for each in entrances(settings)}
    yield from shared(sharing_main(settings, by_code))


def shared(people: Sequence[str]) -> Iterator[Finding]:
    """Pure."""
    if people:
        names = ", ".join(people[:3]) + (" …" if len(people) > 3 else "")
        yield Finding(
            "sessions.shared",
            "warn",
            f"Others share your main conversation with you: {names}.",
            "The assistant may tell one of you what the other has said.",
            "openclaw config set session.dmScope per-channel-peer",
        )


def open_doors(premises: Premises) -> Iterator[Finding]:
    for entrance in entrances(premises.settings):
        yield from opened(entrance)


def opened(entrance: Entrance) -> Iterator[Finding]:
    """Pure."""
    if entrance.is_open and entrance.channel not in FOR_STRANGERS:
        star, key = entrance.policy != "open", entrance.policy_key
        yield Finding(
            "channels.open",
            "warn",
            f"Anybody who finds it may talk to the assistant ({f'{entrance.place}.allowFrom' if star else key}).",
            "Strangers spend your money and may try to talk it into things.",
            f"Take the * out of {entrance.place}.allowFrom."
            if star
            else f"openclaw config set {key} pairing",
        )
    groups = entrance.groups
    if groups is not None and groups.policy == "open" and not groups.rules:
        yield Finding(
            "channels.groups_open",
            "warn",
            f"In every group that it is added to, everybody may talk to the assistant ({entrance.place}.groupPolicy).",
            "You do not decide who writes there.",
            f"openclaw config set {entrance.place}.groupPolicy allowlist",
        )


# -- money ------------------------------------------------------------------------------------------------


def money(premises: Premises) -> Iterator[Finding]:
    if not _has_model(premises):
        return
    yield from capped(premises.settings)
    yield from _heartbeat(premises)


def _has_model(premises: Premises) -> bool:
    path = premises.paths.agents / premises.agents()[0].id / "agent" / "auth-profiles.json"
    try:
        stored = auth_file.stored_profiles(auth_file.parse(path.read_bytes()))
    except (OSError, ValueError):
        stored = {}
    return can_ask_any(premises.settings.models, premises.settings.auth, stored)


def capped(settings: Settings) -> Iterator[Finding]:
    """Pure."""
    budgets = settings.budgets
    if budgets.per_day is None and budgets.per_session is None:
        yield Finding(
            "budgets.unset",
            "info",
            "There is no limit to what a day may cost.",
            "A mistake, or somebody who writes all day, can become dear.",
            "openclaw config set budgets.perDay 5",
        )


@dataclass(frozen=True, slots=True)
class Beat:
    agent: str
    a_day: float
    spent_a_day: float
    """US dollars, over the last week."""


def _heartbeat(premises: Premises) -> Iterator[Finding]:
    agents = {agent.id: agent for agent in premises.agents()}
    owner_zone = zone(timezone_name(premises.settings.agents.defaults.user_timezone))
    since = premises.clock.now_ms() - WEEK_DAYS * DAY_MS
    try:
        spent = spent_by_heartbeats(premises.paths.ledger, since) / WEEK_DAYS
    except (DamagedError, UnreadError):
        spent = 0.0
    for name, pulse in pulses(premises.settings.agents, list(agents), owner_zone).items():
        if not is_blank(_text(premises, name)):
            yield from beating(Beat(name, DAY_MS / pulse.every_ms, spent))


def _text(premises: Premises, agent: str) -> str:
    folder = next(each.workspace for each in premises.agents() if each.id == agent)
    try:
        return (folder / FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def beating(beat: Beat) -> Iterator[Finding]:
    """Pure."""
    if beat.spent_a_day >= DEAR_A_DAY or beat.a_day > OFTEN:
        cost = f", and has cost ${beat.spent_a_day:.2f} a day this week" if beat.spent_a_day >= 0.01 else ""
        yield Finding(
            "heartbeat.cost",
            "warn",
            f"The agent {beat.agent} looks after {FILE} {beat.a_day:.0f} times a day{cost}.",
            "Each look asks the model, also when there is nothing to do.",
            "openclaw config set agents.defaults.heartbeat.every 2h, or give it a cheaper model with heartbeat.model",
        )


# -- the workspace ----------------------------------------------------------------------------------------


def workspace(premises: Premises) -> Iterator[Finding]:
    if not premises.exists or premises.loaded is None or not premises.paths.config.exists():
        return
    limit = premises.settings.agents.defaults.bootstrap_max_chars
    for agent in premises.agents():
        if not agent.workspace.is_dir():
            if agent.default:
                yield Finding(
                    "workspace.missing",
                    "warn",
                    f"The folder {agent.workspace} of the agent {agent.id} is not there.",
                    "The assistant has no instructions and no memory. It makes a new one when it starts.",
                    "Put it back from a backup (openclaw backup list), or mend agents.defaults.workspace.",
                )
            continue
        yield from written(agent.id, {name: _size(agent.workspace / name) for name in NAMES}, limit)


def _size(path: Path) -> int | None:
    """Characters; None when the file is not there."""

    try:
        return len(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None


def written(agent: str, sizes: Mapping[str, int | None], limit: int) -> Iterator[Finding]:
    """Pure. Characters of each file; None: it is not there."""
    if sizes.get("AGENTS.md") is None:
        yield Finding(
            "workspace.no_instructions",
            "info",
            f"The agent {agent} has no AGENTS.md.",
            "It knows nothing of how you want it to work.",
            "Write one in its workspace; the one that comes with the program is a good beginning.",
        )
    for name, size in sizes.items():
        if size is not None and size > limit:
            yield Finding(
                "workspace.too_long",
                "warn",
                f"{name} of the agent {agent} has {size:,} characters, and the model is shown {limit:,}.",
                "The middle of it is left out, whatever stands there.",
                f"Shorten it, or: openclaw config set agents.defaults.bootstrapMaxChars {size + 1000}",
            )

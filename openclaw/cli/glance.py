"""`status` as a person reads it: one line a matter, and what to do beside what is not well. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from openclaw.cli.meanwhile import of_work
from openclaw.cli.tables import cell, printable
from openclaw.cli.timewords import ago, span
from openclaw.types.money import usd

Mood = Literal["well", "odd", "bad", "still", ""]
Facts = Mapping[str, Any]

_CONDITIONS: Mapping[str, Mood] = {
    "connected": "well",
    "starting": "odd",
    "failing": "bad",
    "disabled": "still",
}
_UNSETTLED = frozenset({"ambiguous", "failed", "held", "refused"})
"""States of a message on its way out that wait for the owner."""


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    text: str
    mood: Mood = ""
    mend: str = ""
    """The command that tells more, or mends it."""


def lines(facts: Facts, now: int) -> list[Line]:
    return [
        *_thinking(facts),
        *_channels(facts, now),
        *_work(facts, now),
        _today(facts),
        *_news(facts, now),
        *_state(facts),
    ]


def heading(facts: Facts, now: int) -> Line:
    name = f"OpenClaw {facts['version']}"
    if facts["gateway"] == "running":
        return Line(
            name,
            f"has been running for {span(facts['uptimeMs'])}",
            "well" if not facts["problems"] else "odd",
        )
    if facts.get("holder"):
        return Line(
            name,
            f"does not answer, although process {facts['holder']} holds its state",
            "bad",
            "openclaw doctor",
        )
    return Line(name, "is not running", "still", "openclaw serve")


def health_lines(health: Facts, now: int) -> list[Line]:
    facts = {"gateway": "running", **health}
    well = Line(
        "OpenClaw", "is well" if health.get("ok") else "is not well", "well" if health.get("ok") else "bad"
    )
    return [well, *_channels(facts, now), *_problems(facts)]


def _thinking(facts: Facts) -> Iterator[Line]:
    if "model" not in facts:
        return
    yield Line("model", printable(facts["model"]))
    keys: Sequence[Facts] = facts.get("keys", ())
    if not keys:
        yield Line("key", "none: the offline model answers", "odd", "openclaw onboard")
    troubled = [key for key in keys if key["state"] != "ok"]
    for key in troubled:
        why = f": {key['reason']}" if key.get("reason") else ""
        mood: Mood = "bad" if key["state"] == "disabled" else "odd"
        yield Line("key", printable(f"{key['id']} {key['state']}{why}"), mood, "openclaw models status")
    if keys and not troubled:
        yield Line(
            "key" if len(keys) == 1 else "keys", printable(", ".join(key["id"] for key in keys)), "well"
        )


def _channels(facts: Facts, now: int) -> Iterator[Line]:
    last = {_title(each): each for each in facts.get("lastMessages", ())}
    states: Mapping[str, Facts] = facts.get("channels") or {}
    for title in dict.fromkeys((*states, *last)):
        state, message = states.get(title), last.get(title, {})
        if state is None and (title == "webchat" or facts["gateway"] == "running"):
            continue  # the terminal and the web page; a channel that was taken out of the config
        received = max(
            filter(None, (message.get("receivedAt"), (state or {}).get("last_inbound_at"))), default=None
        )
        silent = "no message yet" if "lastMessages" in facts else ""
        yield _channel(title, state, _moments(received, message.get("sentAt"), now) or silent)
    if not states and facts["gateway"] == "running":
        yield Line("channels", "none but the terminal and the web page", "", "openclaw onboard")


def _moments(received: int | None, sent: int | None, now: int) -> str:
    moments = {"received": received, "sent": sent}
    return ", ".join(f"{word} {ago(at, now)}" for word, at in moments.items() if at)


def _channel(title: str, state: Facts | None, told: str) -> Line:
    if state is None:
        return Line(printable(title), told)
    condition = state["condition"]
    text = f"{condition}: {state['reason']}" if state.get("reason") else condition
    mend = "openclaw doctor" if condition == "failing" else ""
    text = f"{text} · {told}" if told else text
    return Line(printable(title), printable(text), _CONDITIONS.get(condition, ""), mend)


def _title(message: Facts) -> str:
    return (
        message["channel"]
        if message["account"] == "default"
        else f"{message['channel']}:{message['account']}"
    )


def _work(facts: Facts, now: int) -> Iterator[Line]:
    if "queue" not in facts:
        return
    waiting, running = facts["queue"]["waiting"], facts["running"]
    parts = [f"{waiting} waiting" if waiting else "", f"{running} being answered" if running else ""]
    oldest = facts.get("oldestUnfinishedAt")
    since = f", the oldest from {ago(oldest, now)}" if oldest and (waiting or running) else ""
    off = facts["gateway"] != "running" and (waiting or running)
    yield Line(
        "messages", (", ".join(filter(None, parts)) or "none unfinished") + since, "odd" if off else ""
    )
    unsent: Mapping[str, int] = facts.get("outbox") or {}
    if unsent:
        mend = "openclaw outbox list" if unsent.keys() & _UNSETTLED else ""
        counted = ", ".join(f"{count} {state}" for state, count in unsent.items())
        yield Line("going out", printable(counted), "odd" if mend else "", mend)
    for work in facts.get("work") or ():
        yield Line("at work", printable(of_work(work)))


def _today(facts: Facts) -> Line:
    spent = facts.get("costToday", 0)
    if "budgets" not in facts:
        return Line("today", f"{_dollars(spent)} spent")
    daily = next((each for each in facts.get("budgets") or () if each["cap"] == "perDay"), None)
    if daily is None:
        return Line("today", f"{_dollars(spent)} spent, no daily budget")
    limit = daily["limit"]
    mood: Mood = "bad" if spent >= limit else "odd" if spent >= 0.8 * limit else ""
    return Line(
        "today", f"{_dollars(spent)} of {_dollars(limit)} spent", mood, "openclaw costs" if mood else ""
    )


def _dollars(amount: float) -> str:
    return usd(amount) if 0 < amount < 0.01 else f"${amount:,.2f}"


def _news(facts: Facts, now: int) -> Iterator[Line]:
    job, error = facts.get("nextJob"), facts.get("lastError")
    yield Line("next job", printable(f"{job['name']}, {ago(job['at'], now)}") if job else "none")
    if error:
        text = (
            f"{error['reason'] or 'a message was not answered'} ({error['channel']}, {ago(error['at'], now)})"
        )
        yield Line("last error", printable(text), "", f"openclaw trace {error['trace']}")
    else:
        yield Line("last error", "none")


def _problems(facts: Facts) -> Iterator[Line]:
    """Those that no channel's own line tells already."""
    states: Mapping[str, Facts] = facts.get("channels") or {}
    told = tuple(f"{title}: " for title, state in states.items() if state["condition"] == "failing")
    for problem in facts.get("problems") or ():
        if not str(problem).startswith(told):
            yield Line("problem", printable(str(problem)), "bad", "openclaw doctor")


def _state(facts: Facts) -> Iterator[Line]:
    yield from _problems(facts)
    if "sessions" in facts:
        yield Line("sessions", cell(facts["sessions"]))
    yield Line("state", printable(str(facts["stateDir"])))

"""Whether a message of somebody who may speak is answered now: the owner's rules, and the session's own. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo

from openclaw.gateway.limits import WEEKDAYS, SendMatch, SendPolicyConfig, SendRule, minutes
from openclaw.sessions.config import SendAction, SessionSendMatch, SessionSendPolicy
from openclaw.types.calendar import local
from openclaw.types.unreadable import UNREADABLE

SendSwitch = Literal["on", "off", "inherit"]
"""`/send on|off|inherit`: what one session says for itself."""


@dataclass(frozen=True, slots=True)
class SendFacts:
    channel: str
    sender: str
    """The channel's id, without the channel."""
    chat_type: str
    session_key: str
    override: SendAction | None = None
    """See `override_of`."""
    operator: bool = False
    """Asked over the control plane: whoever owns the machine is not shut out by `sendPolicy.rules`."""


@dataclass(frozen=True, slots=True)
class SendAllowed:
    rule: str


@dataclass(frozen=True, slots=True)
class SendDenied:
    rule: str
    reply: str = ""
    """Empty: the sender hears nothing."""


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    said: SendRule
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class SendPolicy:
    rules: tuple[_Rule, ...]
    session: SessionSendPolicy


def send_policy(config: SendPolicyConfig, session: SessionSendPolicy, zone: tzinfo) -> SendPolicy:
    """`zone`: the owner's. Reads time zones from the disk: call it at the start."""
    rules = []
    for number, rule in enumerate(config.rules):
        name = rule.match.timezone
        own = zone if name in (None, UNREADABLE) else ZoneInfo(name)
        rules.append(_Rule(f"sendPolicy.rules[{number}]", rule, own))
    return SendPolicy(tuple(rules), session)


def judge_sending(facts: SendFacts, policy: SendPolicy, now: int) -> SendAllowed | SendDenied:
    """Both must allow it: the first rule of the owner's that matches, and the session."""
    by_rules = SendAllowed("operator") if facts.operator else _by_rules(facts, policy, now)
    if isinstance(by_rules, SendDenied):
        return by_rules
    by_session = _by_session(facts, policy.session)
    return by_session if isinstance(by_session, SendDenied) or by_rules.rule == "default" else by_rules


def _by_rules(facts: SendFacts, policy: SendPolicy, now: int) -> SendAllowed | SendDenied:
    for rule in policy.rules:
        said = rule.said
        if not _holds(said.action, said.match, _of_message(said.match, facts, now, rule.zone)):
            continue
        if said.action == "deny":
            return SendDenied(rule.name, said.reply)
        return SendAllowed(rule.name)
    return SendAllowed("default")


def _by_session(facts: SendFacts, policy: SessionSendPolicy) -> SendAllowed | SendDenied:
    """The original's order: the session's own word, a rule that denies, a rule that allows, the default."""
    if facts.override is not None:
        own = f"session entry: sendPolicy {facts.override}"
        return SendDenied(own) if facts.override == "deny" else SendAllowed(own)
    allowed: str | None = None
    for number, rule in enumerate(policy.rules):
        if not _holds(rule.action, rule.match, _of_session(rule.match, facts)):
            continue
        name = f"session.sendPolicy.rules[{number}]"
        if rule.action == "deny":
            return SendDenied(name)
        allowed = allowed or name
    if allowed is None and policy.default == "deny":
        return SendDenied("session.sendPolicy.default")
    return SendAllowed(allowed or "default")


def _holds(action: SendAction, match: SessionSendMatch, fulfilled: bool) -> bool:
    """A rule with a condition that nobody can read denies all the more, and allows nothing."""
    return fulfilled and (match.is_readable or action == "deny")


def _of_session(match: SessionSendMatch, facts: SendFacts) -> bool:
    bare = _without_agent(facts.session_key)
    return (
        _is_channel(match, facts)
        and _fits(match.chat_type, facts.chat_type)
        and _begins(bare, match.key_prefix)
        and _begins(facts.session_key, match.raw_key_prefix)
    )


def _of_message(match: SendMatch, facts: SendFacts, now: int, zone: tzinfo) -> bool:
    bare = _without_agent(facts.session_key)
    return (
        _is_channel(match, facts)
        and _fits(match.chat_type, facts.chat_type)
        # Ours takes a prefix that begins with the agent, too: a rule that never holds helps nobody.
        and (_begins(bare, match.key_prefix) or _begins(facts.session_key, match.key_prefix))
        and _begins(facts.session_key, match.raw_key_prefix)
        and _is_sender(match, facts)
        and _is_time(match, now, zone)
    )


def _is_channel(match: SessionSendMatch, facts: SendFacts) -> bool:
    return _is_any(match.channel) or facts.channel.lower() in {name.lower() for name in match.channel}


def _is_sender(match: SendMatch, facts: SendFacts) -> bool:
    names = {facts.sender.lower(), f"{facts.channel}:{facts.sender}".lower()}
    return _is_any(match.sender) or any(sender.lower() in names for sender in match.sender)


def _is_any(names: tuple[str, ...]) -> bool:
    return not names or "*" in names or UNREADABLE in names


def _fits(wanted: str | None, found: str) -> bool:
    return wanted in (None, UNREADABLE, found)


def _begins(key: str, prefix: str) -> bool:
    wanted = prefix.strip().lower().replace(":dm:", ":direct:")
    return wanted == UNREADABLE or key.lower().startswith(wanted)


def _without_agent(key: str) -> str:
    parts = key.split(":", 2)
    return parts[2] if len(parts) == 3 and parts[0] == "agent" else key


def _is_time(match: SendMatch, now: int, zone: tzinfo) -> bool:
    if match.timezone == UNREADABLE:
        return True  # then neither days nor hours mean anything
    moment = local(now, zone)
    began = moment.date()
    if match.hours and UNREADABLE not in match.hours:
        minute = moment.hour * 60 + moment.minute
        start, end = minutes(match.hours[0]), minutes(match.hours[1])
        if start < end:
            inside = start <= minute < end
        else:
            inside = minute >= start or minute < end
            if minute < end:
                began -= timedelta(days=1)
        if not inside:
            return False
    return _is_any(match.days) or WEEKDAYS[began.weekday()] in match.days


def override_of(entry: Mapping[str, Any]) -> SendAction | None:
    """What the session's entry says for itself."""
    match entry.get("sendPolicy"):
        case "allow":
            return "allow"
        case "deny":
            return "deny"
        case _:
            return None


def switched(entry: Mapping[str, Any], switch: SendSwitch) -> dict[str, Any]:
    """The entry after `/send`."""
    rest = {name: value for name, value in entry.items() if name != "sendPolicy"}
    match switch:
        case "on":
            return {**rest, "sendPolicy": "allow"}
        case "off":
            return {**rest, "sendPolicy": "deny"}
        case "inherit":
            return rest

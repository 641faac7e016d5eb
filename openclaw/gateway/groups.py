"""In a group: which messages are for the assistant, and what it is told of those that were not. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openclaw.agent.prompt import SkillLine
from openclaw.agent.taint import ordered
from openclaw.store.inbox import InboxRow
from openclaw.types.conversation import Note, Provenance
from openclaw.types.groups import GroupAccess, GroupRule
from openclaw.types.messages import Inbound, Quoted, Sender

HOW = (
    "Several people read along and write here; the source line says who. What they said among themselves before you "
    "were called stands in a note: it is for you to know, and nobody asked you."
)
SAID_BEFORE = "[Said in the group before]"
ANSWERED = "[The next message answers this one]"
LONGEST = 1_500
"""Characters of one message that was said before: many people can say a lot."""
PROMPT, SKILLS = "groupPrompt", "groupSkills"
"""What a group's rule gives to the message's own settings."""


def is_meant(message: Inbound, rule: GroupRule, entry: Mapping[str, Any], groups: GroupAccess) -> bool:
    """`entry`: the session's, where `/activation` is kept."""
    activation = entry.get("groupActivation")
    if activation == "always" or (activation != "mention" and not rule.require_mention):
        return True
    return bool(message.called) or any(pattern.search(message.text) for pattern in groups.mention_patterns)


def with_rule(message: Inbound, rule: GroupRule) -> Inbound:
    settings: dict[str, object] = {}
    if rule.system_prompt:
        settings[PROMPT] = rule.system_prompt
    if rule.skills is not None:
        settings[SKILLS] = list(rule.skills)
    return replace(message, settings={**message.settings, **settings}) if settings else message


def offered(skills: tuple[SkillLine, ...], message: Inbound) -> tuple[SkillLine, ...]:
    """Those of the agent's skills that the group's rule allows."""
    only = message.settings.get(SKILLS)
    return skills if not isinstance(only, list) else tuple(each for each in skills if each.name in only)


def told(message: Inbound) -> tuple[str, ...]:
    """What the model is told of its group."""
    if message.chat_type == "direct":
        return ()
    prompt = message.settings.get(PROMPT)
    return (HOW, prompt) if isinstance(prompt, str) else (HOW,)


def note_of(rows: Sequence[InboxRow], called: InboxRow, note_id: str) -> Note | None:
    """What others said since the assistant was last called, and what its caller answers.

    It is as little trusted as the least of those who said it.
    """
    texts, roles = [], {row.event.provenance or row.role for row in rows}
    if rows:
        lines = [line for row in rows for line in _quoted(row.event.sender, _shortened(row.event.text))]
        texts.append("\n".join([SAID_BEFORE, *lines]))
    if (quoted := called.event.quoted) is not None:
        roles.add(_trust(quoted, called))
        texts.append("\n".join([ANSWERED, *_quoted(quoted.sender, quoted.text, own=quoted.own)]))
    to = called.event.reply_to
    if not texts or to is None:
        return None
    at = rows[-1].received_at if rows else called.received_at
    return Note(note_id, at, "\n\n".join(texts), f"{to.channel}:{to.chat}", ordered(roles)[-1])


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} [… {len(text) - LONGEST:,} more characters]"


def _trust(quoted: Quoted, called: InboxRow) -> Provenance:
    if quoted.own:
        return "tool"
    return called.role if quoted.sender.id == called.event.sender.id else "stranger"


def _quoted(sender: Sender, text: str, *, own: bool = False) -> list[str]:
    speaker = f"{sender.name} ({sender.id})" if sender.name else sender.id
    first, *more = text.splitlines() or [""]
    return [f"> {'You' if own else speaker}: {first}", *(f"> {line}" for line in more)]

"""A due job as a message to the assistant: its words, on whose authority, and where the answer goes. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from openclaw.gateway.jobs.job import CHANNEL, AgentTurn, Job, session_of
from openclaw.gateway.jobs.moments import told
from openclaw.sessions.keys import main_key
from openclaw.types.messages import Address, ChatType, Inbound, Role, Sender

LATE_MS = 5 * 60_000
LIGHT = "light"
FindEntry = Callable[[str], Mapping[str, Any] | None]
"""What is known of a session, by its key."""

_ANSWERED = (
    "(A job of yours is due; nobody has just written. Your answer is sent to the people it is for, so write it to "
    "them: for a reminder, remind them. Answer NO_REPLY when there is nothing to tell.)"
)
_UNANSWERED = (
    "(A job of yours is due; nobody has just written, and your answer is sent to nobody: it is only kept.)"
)


@dataclass(frozen=True, slots=True)
class Due:
    """One run of a job."""

    key: str
    at: int
    now: int
    """When it really begins."""


def run_key(job_id: str, due: int) -> str:
    return f"{CHANNEL}:{job_id}:{due}"


def errand(job: Job, due: Due, to: Address | None, role: Role, zone: tuple[tzinfo, str]) -> Inbound:
    """`role`: the maker's authority as it is now."""
    late = f"\n(It was due at {told(due.at, due.now, *zone)}.)" if due.now - due.at > LATE_MS else ""
    words = f"{tag(job.id, job.name)} {job.payload.text}{late}"
    return Inbound(
        CHANNEL,
        Sender(job.maker.sender),
        f"{words}\n\n{_UNANSWERED if to is None else _ANSWERED}",
        due.now,
        chat_type=_chat_type(job, to),
        reply_to=to,
        session_key=session_of(job),
        agent=job.agent,
        run_id=due.key,
        settings=_settings(job),
        role=role,
        provenance=job.maker.provenance,
    )


def tag(job_id: str, name: str) -> str:
    return f"[{CHANNEL}:{job_id} {name}]" if name else f"[{CHANNEL}:{job_id}]"


def _chat_type(job: Job, to: Address | None) -> ChatType:
    """What is written for others is not written out of the owner's memory."""
    if to is not None and job.delivery.to and to != job.maker.reply_to:
        return "group"
    key = session_of(job)
    if job.target == "isolated" or key == job.maker.session_key:
        return job.maker.chat_type
    return "direct" if key == main_key(job.agent) else "group"


def _settings(job: Job) -> dict[str, object]:
    payload = job.payload
    # Whatever its conversation does with what people write: a job waits until they have their answer.
    wanted: dict[str, object] = {"queueMode": "followup"}
    if not isinstance(payload, AgentTurn):
        return wanted
    if payload.model:
        wanted |= {"modelOverride": payload.model, "providerOverride": None}
    if payload.thinking:
        wanted["thinkingLevel"] = payload.thinking
    if payload.light_context:
        wanted["contextMode"] = LIGHT
    return wanted


# -- where the answer goes ----------------------------------------------------------------------------------


def address_of(job: Job, find: FindEntry, owners: Sequence[str]) -> Address | None:
    """None: nobody is told."""
    delivery, home = job.delivery, _home(job, find, owners)
    if delivery.mode != "announce":
        return None
    channel = delivery.channel or (home.channel if home is not None else None)
    if delivery.to and channel:
        return Address(channel, delivery.to, delivery.account or "default", delivery.thread)
    if delivery.channel is None or (home is not None and home.channel == delivery.channel):
        return home
    return owner_on(delivery.channel, owners) if job.maker.role == "owner" else None


def _home(job: Job, find: FindEntry, owners: Sequence[str]) -> Address | None:
    """Where it was asked for; a job in another conversation than that answers there."""
    maker, key = job.maker, session_of(job)
    if job.target == "isolated" or key == maker.session_key:
        if maker.reply_to is not None or maker.role != "owner":
            return maker.reply_to
    elif (there := last_address(find(key))) is not None or key != main_key(job.agent):
        return there
    return owner_address(job.agent, find, owners) if maker.role == "owner" else None


def owner_address(agent: str, find: FindEntry, owners: Sequence[str]) -> Address | None:
    """The owner's: where he last spoke with this agent, else the first place where he can be reached."""
    there = last_address(find(main_key(agent)))
    if there is not None and f"{there.channel}:{there.chat}" in owners:
        return there
    return owner_on(None, owners)


def owner_on(channel: str | None, owners: Sequence[str]) -> Address | None:
    """In the direct chats that we know, a chat bears the id of the person."""
    for owner in owners:
        name, _, chat = owner.partition(":")
        if channel in (None, name) and chat:
            return Address(name, chat)
    return None


def last_address(entry: Mapping[str, Any] | None) -> Address | None:
    """Where a session's last answer to a person went."""
    context = (entry or {}).get("deliveryContext")
    if not isinstance(context, dict) or not context.get("channel") or not context.get("to"):
        return None
    return Address(
        str(context["channel"]),
        str(context["to"]),
        str(context.get("accountId") or "default"),
        context.get("threadId"),
    ).lasting()

"""Gate thread-context: whether the message still fits into the conversation that it goes to."""

from collections.abc import Iterator
from itertools import pairwise

from openclaw.compliance.plan import Plan
from openclaw.compliance.words import is_angry, wish
from openclaw.types.dealings import Dealings, Thread
from openclaw.types.sending import Facts, SendIntent, Verdict

GATE = "thread-context"
STALE_MS = 600_000
HUMAN_MS = 600_000
ORDER_MS = 30_000
LOOP_MS = 60_000
ALTERNATIONS = 4


def gate(intent: SendIntent, facts: Facts, plan: Plan) -> Iterator[Verdict]:
    dealings = facts.dealings or Dealings()
    thread = dealings.thread
    if thread.older_unsent:
        yield Verdict("defer", GATE, "ordering", facts.now + ORDER_MS)
    if plan.free:
        return
    if _stale(intent, thread, facts.now):
        yield Verdict("hold", GATE, "stale_context", evidence={"newestInbound": thread.newest_in})
    human_lately = thread.human_at is not None and facts.now - thread.human_at <= HUMAN_MS
    if dealings.contact.takeover or (human_lately and intent.purpose != "api"):
        yield Verdict("hold", GATE, "human_active")
    if thread.unanswered > facts.rules.caps.unanswered:
        yield Verdict("hold", GATE, "no_response_loop", evidence={"unanswered": thread.unanswered})
    if (turns := _alternations(thread, facts.now)) >= ALTERNATIONS:
        yield Verdict("block", GATE, "bot_loop", evidence={"alternations": turns})
    if wish(thread.newest_text) in {"stop", "stop_words"} or is_angry(thread.newest_text):
        yield Verdict("hold", GATE, "intent_review")


def _stale(intent: SendIntent, thread: Thread, now: int) -> bool:
    """An answer that has waited while they wrote on. At once, each message gets its own answer in order."""
    answers, newest = thread.answers, thread.newest_in
    overtaken = answers is not None and newest is not None and newest > answers
    return overtaken and now - intent.created_at > STALE_MS


def _alternations(thread: Thread, now: int) -> int:
    """How often it changed who writes within a minute: people are not so fast, two machines are."""
    sides = [side for side, at in thread.lately if now - at < LOOP_MS]
    return sum(one != other for one, other in pairwise([*sides, "out"]))

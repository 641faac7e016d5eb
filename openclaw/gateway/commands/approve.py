"""`/approve`: the owner's answer to what he was asked. A button under the question says the same words."""

from collections.abc import Sequence

from openclaw.gateway.approvals import Approvals, SettledApprovalError, UnknownApprovalError
from openclaw.gateway.directives import parse
from openclaw.store.approvals import Approval
from openclaw.store.inbox import InboxRow

YES = frozenset({"", "allow", "allow-once", "once", "yes", "ok"})
NO = frozenset({"deny", "no", "reject"})
USAGE = "/approve ID allow, or /approve ID deny. Each answer holds for one call; there is no “always”."
NOTHING = "Nothing waits for your answer."


def answers_approval(text: str) -> bool:
    """Pure. Read even where commands are switched off: without it nothing could be allowed from a chat."""
    order = parse(text).command
    return order is not None and order.known.name == "approve"


async def approve(words: str, row: InboxRow, approvals: Approvals) -> str:
    """`row`: of the owner."""
    name, _, answer = words.strip().partition(" ")
    answer = answer.strip().lower()
    if not name:
        return waiting_text(await approvals.pending())
    if answer not in YES | NO:
        return USAGE
    try:
        decided = await approvals.decide(name, allow=answer in YES, by=f"{row.channel}:{row.event.sender.id}")
    except (UnknownApprovalError, SettledApprovalError) as error:
        return f"{str(error)[0].upper()}{str(error)[1:]}."
    return f"{'Allowed once' if decided.state == 'approved' else 'Denied'}: {decided.summary}"


def waiting_text(pending: Sequence[Approval]) -> str:
    """Pure."""
    if not pending:
        return NOTHING
    return "\n".join([*(f"{each.id}: {each.summary}" for each in pending), "", USAGE])

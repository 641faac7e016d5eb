"""A program that went on in the background has ended: its conversation hears of it."""

from openclaw.agent.taint import ordered
from openclaw.agent.tools.exec.desk import ProcessEnded
from openclaw.gateway.mailbox import CHANNEL
from openclaw.types.messages import Arrival, Inbound, Sender


def notice(ended: ProcessEnded, now: int) -> Arrival:
    """Pure."""
    scene = ended.scene
    words = (
        f"[The program {ended.session_id} that you started has ended: {ended.ending}]\n"
        f"{ended.command}\n\n{ended.output.strip() or '(It wrote nothing.)'}"
    )
    message = Inbound(
        CHANNEL,
        Sender(scene.sender),
        words,
        now,
        chat_type=scene.chat_type,
        reply_to=scene.reply_to.lasting() if scene.reply_to is not None else None,
        session_key=scene.session_key,
        agent=scene.agent,
        role=scene.role,
        provenance=ordered({*scene.provenances, "tool"})[-1],
    )
    key = f"exec:{scene.run_id}:{ended.session_id}"
    return Arrival(key, CHANNEL, "default", words.encode("utf-8", "replace"), message)

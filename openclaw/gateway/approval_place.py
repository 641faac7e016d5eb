"""Where the owner is asked for his word."""

from collections.abc import Sequence

from openclaw.agent.tools.base import Scene
from openclaw.types.messages import Address


def place_to_ask(scene: Scene, owners: Sequence[Address], written: Sequence[Address]) -> Address | None:
    """An owner's direct chat, never another one: here if it is one, else the likeliest. Pure.

    `written`: direct chats that answers have gone to, the latest first. A bot may write to nobody who has not begun.
    """
    here = scene.reply_to
    alone = here is not None and scene.role == "owner" and scene.chat_type == "direct"
    if alone and here is not None and Address(here.channel, here.chat, here.account) in owners:
        return here
    channel, account = (here.channel, here.account) if here is not None else (scene.channel, "default")

    def unlikely(to: Address) -> tuple[bool, bool, bool, int]:
        return (
            f"{to.channel}:{to.chat}" != scene.sender,
            to not in written,
            (to.channel, to.account) != (channel, account),
            written.index(to) if to in written else 0,
        )

    return min(owners, key=unlikely, default=None)

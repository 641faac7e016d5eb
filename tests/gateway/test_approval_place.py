from dataclasses import replace

import pytest

from openclaw.gateway.approval_place import place_to_ask
from openclaw.types.messages import Address
from tests.agent.tools.scenes import SCENE
from tests.gateway.harness import OWNER, STRANGER, to

ELSEWHERE = f"telegram:{STRANGER}"
HERE = to(OWNER)
WORK = Address("telegram", OWNER, "work")
SECOND = Address("telegram", "821071230")


@pytest.mark.parametrize(
    ("changes", "owners", "written", "place"),
    [
        ({"reply_to": HERE}, [SECOND, HERE], [], HERE),
        ({"reply_to": WORK}, [HERE, WORK], [HERE], WORK),
        ({"reply_to": to("-100"), "chat_type": "group"}, [SECOND, HERE], [], HERE),
        ({"reply_to": to(STRANGER), "role": "stranger", "sender": ELSEWHERE}, [HERE], [], HERE),
        ({"reply_to": to(STRANGER), "role": "stranger", "sender": ELSEWHERE}, [WORK, HERE], [WORK], WORK),
        ({"reply_to": to(STRANGER), "role": "stranger", "sender": ELSEWHERE}, [WORK, HERE], [], HERE),
        (
            {"reply_to": None, "channel": "webchat", "sender": "webchat:operator"},
            [WORK, SECOND],
            [SECOND],
            SECOND,
        ),
        ({"reply_to": HERE}, [], [], None),
    ],
)
def test_the_owner_is_asked_where_only_he_reads(
    changes: dict[str, object], owners: list[Address], written: list[Address], place: Address | None
) -> None:
    assert place_to_ask(replace(SCENE, **changes), owners, written) == place  # type: ignore[arg-type]

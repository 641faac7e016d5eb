from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from tests.web.fake_house import FakeHouse


async def test_the_public_paths_are_told() -> None:
    answer = await dispatch(FakeHouse(), OPERATOR, "webhooks.list", {})

    assert isinstance(answer, dict)
    assert [row["path"] for row in answer["webhooks"]] == ["/webhooks/salesmsg", "/webhooks/quo"]

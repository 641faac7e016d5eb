from pathlib import Path
from typing import Any

import pytest

from openclaw.types.sending import Verdict
from openclaw.web.desk import Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.runs import Accepted
from tests.gateway.phone.switchboard import ADA, BEN, Telephone
from tests.gateway.scripted import NOW
from tests.web.fake_house import FakeHouse


async def ask(house: FakeHouse, method: str, **params: Any) -> Json:
    answer = await dispatch(house, OPERATOR, method, params)
    assert not isinstance(answer, Accepted)
    return answer


@pytest.fixture
def telephone(tmp_path: Path) -> Telephone:
    return Telephone(tmp_path)


@pytest.fixture
def house(telephone: Telephone) -> FakeHouse:
    house = FakeHouse()
    house.desk.telephone = telephone.desk
    return house


async def test_numbers_are_kept_by_the_operator(house: FakeHouse) -> None:
    assert await ask(house, "phone.numbers.add", number="+1 201 555 0123") == {
        "number": ADA,
        "added": True,
    }
    assert await ask(house, "phone.numbers.list") == {
        "numbers": [{"number": ADA, "addedAt": "2026-02-27T09:00:00.000Z", "by": "command line"}]
    }
    assert (await ask(house, "phone.numbers.remove", number=ADA))["removed"] is True
    with pytest.raises(RpcError, match=r"E\.164"):
        await ask(house, "phone.numbers.add", number="Ada")


async def test_texts_and_calls_tell_what_became_of_them(house: FakeHouse, telephone: Telephone) -> None:
    sent = await ask(house, "phone.sms", to=BEN, body="hi")
    assert (sent["id"], sent["status"]) == (telephone.gates.drafts[0].id, "queued")
    telephone.gates.will("deferred", Verdict("defer", "compliance-gate", "quiet_hours", NOW))
    assert (await ask(house, "phone.call", to=BEN))["until"] == "2026-02-27T09:00:00.000Z"
    telephone.gates.will("refused", Verdict("block", "ten-dlc", "b14_denied"))
    with pytest.raises(RpcError, match=r"refused the registration of our number.*\(ten-dlc: b14_denied\)"):
        await ask(house, "phone.sms", **{"to": BEN, "body": "hi", "from": "default"})


async def test_a_house_without_a_telephone_says_so() -> None:
    with pytest.raises(RpcError, match="no telephone"):
        await ask(FakeHouse(), "phone.numbers.list")

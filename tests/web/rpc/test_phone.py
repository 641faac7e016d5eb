from pathlib import Path
from typing import Any

import pytest

from openclaw.store.phone_archive import Page
from openclaw.types.sending import Verdict
from openclaw.web.desk import Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR, Caller
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.runs import Accepted
from tests.gateway.phone.switchboard import ADA, BEN, OURS, Telephone
from tests.gateway.scripted import NOW
from tests.web.fake_house import MAIN, FakeHouse
from tests.web.fake_office import FakeArchive


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


async def test_what_the_page_shows_of_the_telephone(house: FakeHouse, telephone: Telephone) -> None:
    archive = house.office.telephone.archive
    assert isinstance(archive, FakeArchive)
    archive.kept_texts = [{"from": ADA, "to": OURS, "direction": "inbound", "place": "2026|SM1"}]
    archive.kept_calls = [{"id": "CA" + "a" * 32, "place": "2026|CA1"}]

    assert await ask(house, "phone.status") == {
        "texting": [{"account": "default", "number": OURS}],
        "calling": [{"account": "default", "number": OURS}],
        "bootstrap": None,
    }
    assert (await ask(house, "phone.threads"))["threads"][0]["number"] == ADA  # type: ignore[index]
    texts = await ask(house, "phone.texts", number=ADA, limit=1, before="2027|SM9")
    assert texts["before"] == "2026|SM1"
    assert archive.asked == [Page(ADA, 1, "2027|SM9")]
    assert (await ask(house, "phone.calls"))["before"] is None
    assert (await ask(house, "phone.calls.get", id="CA" + "a" * 32))["recordings"] == []
    with pytest.raises(RpcError, match="there is no call"):
        await ask(house, "phone.calls.get", id="CA9")


async def test_who_added_a_number_is_kept_with_it(house: FakeHouse, telephone: Telephone) -> None:
    page = Caller(OPERATOR.scopes, "openclaw-control-ui")
    await dispatch(house, page, "phone.numbers.add", {"number": ADA})
    assert [row.by for row in await telephone.book.rows()] == ["web page"]


async def test_what_was_said_in_an_old_call_is_found_in_its_conversation(house: FakeHouse) -> None:
    archive = house.office.telephone.archive
    assert isinstance(archive, FakeArchive)
    archive.kept_calls = [{"id": "CA" + "a" * 32, "place": "2026|CA1"}]
    archive.said = [{"at": "2026", "by": "them", "text": None, "trace": None, "session": MAIN}]
    told = await ask(house, "phone.calls.get", id="CA" + "a" * 32)
    assert [line["text"] for line in told["words"]] == ["hello"]  # type: ignore[attr-defined]
    archive.said = [{**archive.said[0], "session": "agent:main:gone"}]
    assert (await ask(house, "phone.calls.get", id="CA" + "a" * 32))["words"] == []

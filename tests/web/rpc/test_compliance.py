from typing import Any

import pytest

from openclaw.web.desk import Json
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR, Caller
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.runs import Accepted
from tests.web.fake_house import FakeHouse

THEIRS = "+12015550123"


async def ask(house: FakeHouse, method: str, who: Caller = OPERATOR, **params: Any) -> Json:
    answer = await dispatch(house, who, method, params)
    assert not isinstance(answer, Accepted)
    return answer


async def test_every_gate_explains_itself() -> None:
    told = await ask(
        FakeHouse(), "compliance.explain", to="+1 201 555 0123", text="Hello", purpose="campaign"
    )

    assert (told["to"], told["outcome"], told["gate"], told["code"]) == (
        THEIRS, "block", "ten-dlc", "b14_unknown",
    )  # fmt: skip
    gates: Any = told["gates"]
    assert {each["gate"]: each["code"] for each in gates}["compliance-gate"] == "no_consent"
    assert len(gates) == 6


async def test_a_consent_is_recorded_with_its_evidence() -> None:
    house = FakeHouse()
    given: dict[str, Any] = {
        "number": THEIRS,
        "kind": "PEWC",
        "by": "ana",
        "source": "https://example.org/form",
        "text": "I agree",
    }

    done = await ask(
        house, "compliance.consent", **given, evidenceSha256="ab" * 32, timezone="America/Denver", state="CO"
    )

    assert (done["id"], done["number"]) == ("cmp_1", THEIRS)
    (event,) = house.desk.kept_compliance.recorded
    assert (event.kind, event.subject, event.by, event.said) == ("PEWC", THEIRS, "ana", "I agree")
    assert event.evidence == {
        "sha256": "ab" * 32, "timezone": "America/Denver", "state": "CO", "client": OPERATOR.client,
    }  # fmt: skip
    records: Any = (await ask(house, "compliance.records", number=THEIRS))["records"]
    assert [row["kind"] for row in records] == ["PEWC"]


async def test_an_opt_out_learnt_elsewhere_is_recorded_as_such() -> None:
    house = FakeHouse()
    await ask(house, "compliance.consent", number=THEIRS, kind="opt_out", by="ana", source="an e-mail")
    assert house.desk.kept_compliance.recorded[0].evidence["said"] == "elsewhere"


@pytest.mark.parametrize(
    ("params", "kind", "subject"),
    [
        ({}, "signed_off", ""),
        ({"number": "+1 212 555 0100"}, "signed_off", "+12125550100"),
        ({"campaign": "spring"}, "campaign_approved", "spring"),
    ],
)
async def test_a_release_says_who_and_what(params: dict[str, Any], kind: str, subject: str) -> None:
    house = FakeHouse()
    done = await ask(house, "compliance.signoff", by="ana", note="checked the campaign", **params)
    assert (done["kind"], done["subject"], done["by"]) == (kind, subject, "ana")
    assert house.desk.kept_compliance.recorded[0].said == "checked the campaign"


async def test_what_was_said_of_messages_is_listed() -> None:
    assert await ask(FakeHouse(), "compliance.verdicts", limit=5) == {"verdicts": []}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("compliance.explain", {"to": "555", "text": "hi"}),
        ("compliance.explain", {"to": THEIRS, "text": "hi", "purpose": "spam"}),
        ("compliance.consent", {"number": THEIRS, "kind": "PEC", "by": "ana"}),
        ("compliance.consent", {"number": THEIRS, "kind": "opt_in", "by": "ana", "source": "me"}),
        (
            "compliance.consent",
            {"number": THEIRS, "kind": "PEC", "by": "ana", "source": "x", "timezone": "Mars"},
        ),
        ("compliance.consent", {"number": THEIRS, "kind": "PEC", "by": "ana", "source": "x", "state": "XX"}),
        (
            "compliance.consent",
            {"number": THEIRS, "kind": "PEC", "by": "ana", "source": "x", "evidenceSha256": "1"},
        ),
        ("compliance.signoff", {"by": ""}),
        ("compliance.signoff", {"by": "ana", "number": "555"}),
        ("compliance.records", {"number": "me"}),
    ],
)
async def test_what_means_nothing_is_refused(method: str, params: dict[str, Any]) -> None:
    with pytest.raises(RpcError):
        await ask(FakeHouse(), method, **params)


@pytest.mark.parametrize("method", ["compliance.consent", "compliance.signoff"])
async def test_only_an_administrator_records(method: str) -> None:
    with pytest.raises(RpcError) as refused:
        await ask(FakeHouse(), method, Caller(frozenset({"operator.read"})), by="ana")
    assert refused.value.code == "FORBIDDEN"

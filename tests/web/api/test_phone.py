import pytest
from httpx import AsyncClient

from openclaw.types.sending import Verdict
from tests.gateway.phone.switchboard import ADA, BEN, OURS, Telephone
from tests.gateway.scripted import NOW

NUMBERS = "/api/v1/phone/authorized-numbers"


async def test_numbers_are_listed_added_replaced_and_removed(http: AsyncClient) -> None:
    assert (await http.get(NUMBERS)).json() == {"numbers": []}
    added = await http.post(NUMBERS, json={"number": "+1 (201) 555-0123"})
    again = await http.post(NUMBERS, json={"number": ADA})
    assert (added.status_code, again.status_code) == (201, 200)
    assert added.json() == {"numbers": [ADA]}
    replaced = await http.put(NUMBERS, json={"numbers": ["+36706209518", BEN]})
    assert (replaced.status_code, replaced.json()) == (200, {"numbers": ["+36706209518", BEN]})
    removed = await http.delete(f"{NUMBERS}/%2B36706209518")
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await http.delete(f"{NUMBERS}/+36706209518")).status_code == 204
    assert (await http.get(NUMBERS)).json() == {"numbers": [BEN]}


async def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one(
    http: AsyncClient, telephone: Telephone
) -> None:
    await telephone.book.add(ADA, "api")
    (telephone.state / "phone" / "authorized-numbers.json").write_text("[")
    answer = await http.get(NUMBERS)
    assert (answer.status_code, "mend or remove it" in answer.json()["error"]) == (500, True)


@pytest.mark.parametrize("number", ["2015550123", "+1201", "", "+1201555012x", "everybody"])
async def test_what_is_no_number_is_unprocessable_and_says_where(http: AsyncClient, number: str) -> None:
    posted = await http.post(NUMBERS, json={"number": number})
    put = await http.put(NUMBERS, json={"numbers": [ADA, number]})
    assert (posted.status_code, posted.json()["field"]) == (422, "number")
    assert (put.status_code, put.json()["field"]) == (422, "numbers")
    assert (await http.get(NUMBERS)).json() == {"numbers": []}
    if number:
        assert (await http.delete(f"{NUMBERS}/{number}")).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "number"), ({"number": 12}, "number"), ({"number": ADA, "role": "owner"}, "role"), ([], "body")],
)
async def test_a_body_of_another_form_is_refused(http: AsyncClient, body: object, field: str) -> None:
    refused = await http.post(NUMBERS, json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_a_text_is_on_its_way(http: AsyncClient, telephone: Telephone) -> None:
    sent = await http.post("/api/v1/phone/sms", json={"to": ADA, "body": "Confirmed for nine."})
    assert sent.status_code == 202
    assert sent.json() == {"id": telephone.gates.drafts[0].id, "status": "queued"}


@pytest.mark.parametrize(
    ("to", "body", "field"),
    [("555", "hi", "to"), (f"{ADA}, {BEN}", "hi", "to"), (ADA, "", "body"), (ADA, "x" * 1601, "body")],
)
async def test_a_text_that_cannot_be_sent_says_why(http: AsyncClient, to: str, body: str, field: str) -> None:
    refused = await http.post("/api/v1/phone/sms", json={"to": to, "body": body})
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    several = await http.post("/api/v1/phone/sms", json={"to": [ADA, BEN], "body": "hi"})
    assert (several.status_code, several.json()["field"]) == (422, "to")


async def test_the_gates_verdicts_have_their_own_answers(http: AsyncClient, telephone: Telephone) -> None:
    async def answer() -> tuple[int, dict[str, str]]:
        sent = await http.post("/api/v1/phone/sms", json={"to": ADA, "body": "hi"})
        told = {key: value for key, value in sent.json().items() if key != "id"}
        assert told["message"]
        return sent.status_code, told

    telephone.gates.will("refused", Verdict("block", "ten-dlc", "b14_denied"))
    status, refused = await answer()
    assert (status, refused["gate"], refused["reason"]) == (409, "ten-dlc", "b14_denied")
    assert refused["message"].startswith("the carriers have refused the registration of our number")
    telephone.gates.will("deferred", Verdict("defer", "compliance-gate", "quiet_hours", NOW))
    assert await answer() == (
        202,
        {
            "status": "deferred",
            "until": "2026-02-27T09:00:00.000Z",
            "reason": "compliance-gate: quiet_hours",
            "message": "it is too early or too late where they may be",
        },
    )
    telephone.gates.will("held", Verdict("hold", "blast-safety", "too_long"), "mitorake")
    assert await answer() == (
        202,
        {
            "status": "held",
            "approvalId": "mitorake",
            "reason": "blast-safety: too_long",
            "message": "it is too long for a text (compliance.caps.segments)",
        },
    )


async def test_a_call_is_asked_for_likewise(http: AsyncClient, telephone: Telephone) -> None:
    placed = await http.post("/api/v1/phone/calls", json={"to": BEN})
    assert placed.status_code == 202
    assert telephone.gates.drafts[0].to.channel == "voice"
    assert (await http.post("/api/v1/phone/calls", json={"to": "Ben"})).json()["field"] == "to"


async def test_a_front_proxy_hands_texts_over(http: AsyncClient, telephone: Telephone) -> None:
    text = {"from": ADA, "to": OURS, "body": "hi", "messageSid": "SM1"}
    taken = await http.post("/api/v1/phone/sms/inbound", json=text)
    assert (taken.status_code, taken.json()) == (202, {"ok": True, "messageSid": "SM1"})
    assert [arrival.key for arrival in telephone.delivered] == ["sms:SM1"]
    foreign = await http.post("/api/v1/phone/sms/inbound", json={**text, "to": "+12015550199"})
    assert (foreign.status_code, foreign.json()["field"]) == (422, "to")
    short = await http.post("/api/v1/phone/sms/inbound", json={"from": ADA, "to": OURS, "body": "hi"})
    assert (short.status_code, short.json()["field"]) == (422, "messageSid")


async def test_without_a_number_nothing_can_be_sent(http: AsyncClient, telephone: Telephone) -> None:
    object.__setattr__(telephone.desk._parts, "numbers", {})
    refused = await http.post("/api/v1/phone/sms", json={"to": ADA, "body": "hi"})
    assert (refused.status_code, "channels.sms" in refused.json()["error"]) == (503, True)

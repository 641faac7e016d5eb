import pytest
from httpx import AsyncClient

from tests.gateway.phone.switchboard import Telephone


async def test_an_event_is_kept_and_read_back(http: AsyncClient, telephone: Telephone) -> None:
    body = {"stream_type": "email", "content": "Invoice 7", "from": "a@example.org", "ts": "2026-02-26T08:00:00Z",
            "meta": {"n": 1}}  # fmt: skip
    kept = await http.post("/api/v1/streams/ingest", json=body)
    assert kept.status_code == 202
    assert kept.json().keys() == {"id", "record"}
    assert (telephone.state / kept.json()["record"]).exists()
    await http.post(
        "/api/v1/streams/ingest",
        json={"stream_type": "email", "content": "Invoice 8", "ts": 1_772_182_800_000},
    )
    newest = (await http.get("/api/v1/streams/email?limit=1")).json()
    assert (newest["type"], [line["content"] for line in newest["lines"]]) == ("email", ["Invoice 8"])
    every = (await http.get("/api/v1/streams/email")).json()["lines"]
    assert [line["ts"] for line in every] == ["2026-02-26T08:00:00.000Z", "2026-02-27T09:00:00.000Z"]
    assert (await http.get("/api/v1/streams/voice")).json() == {"type": "voice", "lines": []}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"stream_type": "../x", "content": "hi"}, "stream_type"),
        ({"stream_type": "sms", "content": ""}, "content"),
        ({"stream_type": "sms", "content": "hi", "ts": "yesterday"}, "ts"),
        ({"stream_type": "sms", "content": "hi", "ts": "2026-02-26T08:00:00"}, "ts"),
        ({"stream_type": "sms", "content": "hi", "ts": -5}, "ts"),
        ({"stream_type": "sms", "content": "hi", "provenance": "owner"}, "provenance"),
        ({"content": "hi"}, "stream_type"),
    ],
)
async def test_what_is_no_event_is_unprocessable(http: AsyncClient, body: object, field: str) -> None:
    refused = await http.post("/api/v1/streams/ingest", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "1e3", "²"])
async def test_a_limit_is_a_number(http: AsyncClient, limit: str) -> None:
    refused = await http.get("/api/v1/streams/sms", params={"limit": limit})
    assert (refused.status_code, refused.json()["field"]) == (422, "limit")


async def test_no_path_leads_out_of_the_streams(http: AsyncClient) -> None:
    assert (await http.get("/api/v1/streams/..%2F..%2Fledger")).status_code in {404, 422}
    assert (await http.get("/api/v1/streams/sms-phone-12015550123")).status_code == 422

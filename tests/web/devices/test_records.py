import pytest

from openclaw.web.devices.records import (
    DeviceFacts,
    DeviceRequest,
    DeviceToken,
    PairedDevice,
    digest,
    facts_json,
    new_token,
    paired_json,
    read_paired,
    read_request,
    request_json,
)

FACTS = DeviceFacts("d1", "key", "linux", "cli", "cli", "Ana's laptop")
REQUEST = DeviceRequest("pair_1", FACTS, "operator", ("operator.read",), "203.0.113.7", 1000, is_repair=True)
TOKEN = DeviceToken("operator", digest("secret"), ("operator.read",), 1000, 2000, 3000)
PAIRED = PairedDevice(FACTS, "operator", ("operator.read",), "owner", 1000, 1001, 1002, (TOKEN,))


def test_what_is_written_is_read_again_the_same() -> None:
    assert read_request(request_json(REQUEST)) == REQUEST
    assert read_paired(paired_json(PAIRED, with_digests=True)) == PAIRED


def test_a_token_is_told_of_without_what_it_could_be_found_by() -> None:
    (told,) = paired_json(PAIRED, with_digests=False)["tokens"]
    assert "tokenSha256" not in told
    assert "secret" not in str(paired_json(PAIRED, with_digests=True))
    assert facts_json(FACTS)["displayName"] == "Ana's laptop"
    assert len({new_token() for _ in range(100)}) == 100


def test_the_originals_plain_token_is_taken_over_as_its_digest() -> None:
    kept = paired_json(PAIRED, with_digests=True)
    kept["tokens"] = {"operator": {"role": "operator", "token": "secret", "createdAtMs": 5, "scopes": []}}
    paired = read_paired(kept)
    assert paired is not None
    assert paired.token("operator") == DeviceToken("operator", digest("secret"), (), 5)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"deviceId": "d"},
        {"deviceId": 7, "publicKey": "k", "createdAtMs": 1},
        {"deviceId": "d", "publicKey": "k"},
    ],
)
def test_what_is_no_device_is_left_out(raw: dict[str, object]) -> None:
    assert read_paired(raw) is None
    assert read_request(raw) is None


def test_one_token_for_each_role() -> None:
    fresh = DeviceToken("operator", digest("other"), (), 9)
    assert PAIRED.with_token(fresh).tokens == (fresh,)
    assert PAIRED.token("node") is None

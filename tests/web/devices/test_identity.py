"""Signatures of both versions, and each way in which a proof may be wrong."""

from dataclasses import replace
from typing import Any

import pytest

from openclaw.web.devices.identity import SKEW_MS, DeviceClaim, Flaw, Signed, flaw, payloads
from tests.web.devices.signing import SigningDevice

NOW = 1_795_228_144_843
NONCE = "0f9c6230-16e2-40ab-9127-2ce431f4370a"
CONNECT: dict[str, Any] = {
    "client": {"id": "cli", "mode": "cli", "platform": "MacOS", "deviceFamily": "Mac"},
    "role": "operator",
    "scopes": ["operator.read", "operator.admin"],
    "auth": {"token": "shared"},
}
SIGNED = Signed("cli", "cli", "operator", CONNECT["scopes"], "shared", "MacOS", "Mac")


def claim(version: str = "v3", **changes: Any) -> DeviceClaim:
    proof = SigningDevice().signed(CONNECT, NONCE, version=version, at=NOW)["device"]
    made = DeviceClaim(proof["id"], proof["publicKey"], proof["signature"], proof["signedAt"], proof["nonce"])
    return replace(made, **changes)


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_both_versions_prove_a_device(version: str) -> None:
    assert flaw(claim(version), SIGNED, NONCE, NOW) is None
    assert flaw(claim(version), SIGNED, NONCE, NOW + SKEW_MS) is None


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"public_key": "qPDL"}, "public-key"),
        ({"public_key": "***"}, "public-key"),
        ({"id": "df73b5"}, "device-id-mismatch"),
        ({"signed_at": NOW - SKEW_MS - 1}, "stale"),
        ({"signed_at": NOW + SKEW_MS + 1}, "stale"),
        ({"nonce": None}, "nonce-missing"),
        ({"nonce": "another"}, "nonce-mismatch"),
        ({"signature": "AAAA"}, "signature"),
        ({"signature": "not base64 !"}, "signature"),
        ({"signed_at": NOW - 1}, "signature"),
    ],
)
def test_each_flaw_has_its_name(changes: dict[str, Any], found: Flaw) -> None:
    assert flaw(claim(**changes), SIGNED, NONCE, NOW) == found


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "test"}, {"client_mode": "ui"}, {"role": "node"}, {"scopes": ["operator.admin"]},
        {"token": "other"}, {"platform": "linux"}, {"device_family": ""},
    ],
)  # fmt: skip
def test_a_signature_is_worth_nothing_for_anything_else(changes: dict[str, Any]) -> None:
    assert flaw(claim(), replace(SIGNED, **changes), NONCE, NOW) == "signature"


def test_a_signature_of_version_two_does_not_cover_the_platform() -> None:
    assert flaw(claim("v2"), replace(SIGNED, platform="linux", device_family=""), NONCE, NOW) is None


def test_only_ascii_is_lowered() -> None:
    newer, older = payloads(claim(), replace(SIGNED, platform=" İOS ", device_family="IPhone"))
    assert newer.decode().endswith("|İos|iphone")
    assert older.decode().count("|") == 8


def test_the_id_is_the_keys_fingerprint_as_the_original_makes_it() -> None:
    recorded = "qPDLMObMHi-6fZ2_FFhGrcqBWfQJ_u3i86hOkmAvTsI"
    name = "df73b5455c08763e3e9c9dccb43e4850260ea98b899826f21952404dfb544287"
    made = DeviceClaim(name, recorded, "AAAA", NOW, NONCE)
    # The id fits the key, so that the signature is looked at.
    assert flaw(made, SIGNED, NONCE, NOW) == "signature"

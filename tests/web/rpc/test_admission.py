"""Who comes in: programs of this machine, and devices that a person has paired."""

from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.web.conftest import CONNECT, TOKEN, Client, Plane
from tests.web.devices.signing import SigningDevice

READ = ["operator.read"]
ELSEWHERE = {"X_Forwarded_For": "203.0.113.7"}
"""As through a proxy: such a client is not of this machine."""


async def entering(client: Client, device: SigningDevice, **changes: Any) -> dict[str, Any]:
    return await client.call("connect", device.signed(CONNECT | changes, client.nonce), id="c")


async def paired(plane: Plane, device: SigningDevice, scopes: list[str]) -> str:
    """The device's own token, after a person has approved it."""
    async with plane.socket(**ELSEWHERE) as client:
        refused = await entering(client, device, scopes=scopes)
    async with plane.operator() as person:
        request = refused["error"]["details"]["requestId"]
        assert (await person.call("device.pair.approve", {"requestId": request}))["ok"]
    async with plane.socket(**ELSEWHERE) as client:
        hello = await entering(client, device, scopes=scopes)
        token: str = hello["payload"]["auth"]["deviceToken"]
        return token


async def test_a_program_of_this_machine_with_the_token_is_paired_at_once(plane: Plane) -> None:
    device = SigningDevice()
    async with plane.socket() as client:
        hello = await entering(client, device, scopes=READ)
        auth = hello["payload"]["auth"]
        assert (auth["scopes"], len(auth["deviceToken"])) == (READ, 43)
        assert isinstance(auth["issuedAtMs"], int)
    async with plane.socket() as client:
        assert "deviceToken" not in (await entering(client, device, scopes=READ))["payload"]["auth"]
    async with plane.operator() as person:
        listed = (await person.call("device.pair.list"))["payload"]
    (told,) = listed["paired"]
    assert (told["deviceId"], told["approvedVia"], told["scopes"]) == (device.id, "silent", READ)


async def test_a_stranger_waits_for_a_person_even_with_the_token(plane: Plane) -> None:
    device = SigningDevice()
    async with plane.operator() as person:
        async with plane.socket(**ELSEWHERE) as client:
            refused = await entering(client, device, scopes=READ)
            with pytest.raises(ConnectionClosed) as closed:
                await client.receive()
        details = refused["error"]["details"]
        assert refused["error"]["code"] == "NOT_PAIRED"
        assert (details["code"], details["reason"]) == ("PAIRING_REQUIRED", "not-paired")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.reason == f"pairing required (requestId: {details['requestId']})"
        asked = await person.event("device.pair.requested")
        assert asked["payload"]["requestId"] == details["requestId"]
        assert asked["payload"]["remoteIp"] == "127.0.0.1"

        await person.call("device.pair.approve", {"requestId": details["requestId"]})
        settled = await person.event("device.pair.resolved")
        assert (settled["payload"]["deviceId"], settled["payload"]["decision"]) == (device.id, "approved")
    async with plane.socket(**ELSEWHERE) as client:
        assert (await entering(client, device, scopes=READ))["payload"]["auth"]["scopes"] == READ


async def test_a_paired_device_comes_in_by_its_own_token(plane: Plane) -> None:
    device = SigningDevice()
    token = await paired(plane, device, READ)
    plane.token[0] = "changed-since-then"
    for auth in ({"token": token}, {"deviceToken": token}, {"token": TOKEN, "deviceToken": token}):
        async with plane.socket(**ELSEWHERE) as client:
            hello = await entering(client, device, auth=auth, scopes=READ)
            assert hello["payload"]["auth"]["scopes"] == READ
            assert "deviceToken" not in hello["payload"]["auth"]
            refused = await client.call("sessions.reset", {"key": "main"})
            assert refused["error"]["code"] == "FORBIDDEN"
    async with plane.socket(**ELSEWHERE) as client:
        hello = await entering(client, device, auth={"token": token})
        assert hello["payload"]["auth"]["scopes"] == READ


async def test_nobody_else_comes_in_by_it(plane: Plane) -> None:
    token = await paired(plane, SigningDevice(), READ)
    for device in (SigningDevice(b"\x08" * 32), None):
        connect = CONNECT | {"auth": {"token": token}, "scopes": READ}
        async with plane.socket() as client:
            answer = await client.call("connect", device.signed(connect, client.nonce) if device else connect)
        assert answer["error"]["details"]["code"] == "AUTH_TOKEN_MISMATCH"


@pytest.mark.parametrize("by_token", [True, False])
async def test_asking_for_more_than_was_approved_is_asked_again(plane: Plane, by_token: bool) -> None:
    device = SigningDevice()
    token = await paired(plane, device, READ)
    more = [*READ, "operator.admin"]
    async with plane.socket(**ELSEWHERE) as client:
        auth = {"token": token if by_token else TOKEN}
        refused = await entering(client, device, auth=auth, scopes=more)
    assert refused["error"]["details"]["reason"] == "scope-upgrade"
    assert refused["error"]["details"]["requestedScopes"] == sorted(more)


async def test_whoever_may_pair_cannot_give_what_he_has_not_got(plane: Plane) -> None:
    device = SigningDevice()
    async with plane.socket(**ELSEWHERE) as client:
        refused = await entering(client, device, scopes=["operator.admin"])
    request = refused["error"]["details"]["requestId"]
    async with plane.operator(scopes=["operator.pairing"]) as person:
        answer = await person.call("device.pair.approve", {"requestId": request})
        assert answer["error"]["details"]["missingScope"] == "operator.admin"
        assert (await person.call("device.pair.reject", {"requestId": request}))["ok"]


@pytest.mark.parametrize("method", ["device.token.revoke", "device.pair.remove", "device.token.rotate"])
async def test_a_token_taken_away_ends_its_connections(plane: Plane, method: str) -> None:
    device = SigningDevice()
    token = await paired(plane, device, READ)
    async with plane.socket(**ELSEWHERE) as client:
        await entering(client, device, auth={"token": token}, scopes=READ)
        async with plane.operator() as person:
            assert (await person.call(method, {"deviceId": device.id}))["ok"]
        with pytest.raises(ConnectionClosed) as closed:
            await client.event("there is none of this name")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.reason == "device revoked"
    async with plane.socket(**ELSEWHERE) as client:
        answer = await entering(client, device, auth={"token": token}, scopes=READ)
    assert answer["error"]["details"]["code"] == "AUTH_TOKEN_MISMATCH"


async def test_a_revoked_device_gets_no_new_token_at_home_by_itself(plane: Plane) -> None:
    device = SigningDevice()
    async with plane.socket() as client:
        await entering(client, device, scopes=READ)
    async with plane.operator() as person:
        await person.call("device.token.revoke", {"deviceId": device.id})
    async with plane.socket() as client:
        hello = await entering(client, device, scopes=READ)
        assert hello["ok"]
        assert "deviceToken" not in hello["payload"]["auth"]
    async with plane.socket(**ELSEWHERE) as client:
        refused = await entering(client, device, scopes=READ)
    assert refused["error"]["details"]["reason"] == "not-paired"


async def test_a_device_is_told_when_its_own_token_may_still_do(plane: Plane) -> None:
    async with plane.socket() as client:
        answer = await entering(client, SigningDevice(), auth={"token": "an-older-one"})
    details = answer["error"]["details"]
    assert (details["code"], details["canRetryWithDeviceToken"], details["recommendedNextStep"]) == (
        "AUTH_TOKEN_MISMATCH", True, "retry_with_device_token",
    )  # fmt: skip


async def test_a_proof_for_another_connection_is_refused(plane: Plane) -> None:
    device = SigningDevice()
    async with plane.socket() as client:
        answer = await client.call("connect", device.signed(CONNECT, "another nonce"))
        with pytest.raises(ConnectionClosed):
            await client.receive()
    assert answer["error"]["details"]["code"] == "DEVICE_AUTH_NONCE_MISMATCH"
    async with plane.socket() as client:
        signed = device.signed(CONNECT, client.nonce)
        answer = await client.call("connect", signed | {"scopes": READ})
    assert answer["error"]["details"]["code"] == "DEVICE_AUTH_SIGNATURE_INVALID"


async def test_guessing_devices_tokens_is_counted_as_any_guessing(plane: Plane) -> None:
    device = SigningDevice()
    for _ in range(10):
        async with plane.socket(**ELSEWHERE) as client:
            answer = await entering(client, device, auth={"deviceToken": "guess"})
            assert answer["error"]["details"]["code"] == "AUTH_TOKEN_MISMATCH"
    async with plane.socket(**ELSEWHERE) as client:
        answer = await entering(client, device)
    assert answer["error"]["details"]["code"] == "AUTH_RATE_LIMITED"


async def test_without_any_token_a_device_asks_for_nothing(plane: Plane) -> None:
    async with plane.socket() as client:
        answer = await entering(client, SigningDevice(), auth={})
    assert answer["error"]["details"]["code"] == "AUTH_TOKEN_MISSING"
    pending, known = await plane.house.office.devices.listed()
    assert (pending, known) == ([], [])

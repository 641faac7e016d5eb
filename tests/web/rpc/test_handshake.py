"""Replays the handshakes recorded from the original; those of the WebSocket itself are in test_connection."""

import pytest

from openclaw.web.auth import Admission
from openclaw.web.guard import Peer
from openclaw.web.rpc.handshake import (
    OPERATOR,
    OPERATOR_SCOPES,
    Caller,
    ConnectParams,
    RefusedError,
    Scope,
    authorise,
    negotiate,
    parse_connect,
)
from tests.web.conftest import CONNECT

LOCAL, REMOTE = Peer("127.0.0.1", local=True), Peer("203.0.113.7", local=False)
ADMITTED = Admission("admitted")


def params(**changes: object) -> ConnectParams:
    return parse_connect(CONNECT | changes)


@pytest.mark.parametrize(
    ("lowest", "highest", "version"),
    [(3, 3, 3), (3, 4, 4), (4, 4, 4), (1, 9, 4), (5, 9, None), (1, 2, None), (4, 3, None)],
)
def test_the_newest_protocol_that_both_speak(lowest: int, highest: int, version: int | None) -> None:
    asked = params(minProtocol=lowest, maxProtocol=highest)
    if version is not None:
        assert negotiate(asked) == version
        return
    with pytest.raises(RefusedError) as refused:
        negotiate(asked)
    assert refused.value.close_code == 1002
    assert refused.value.error.details == {
        "code": "PROTOCOL_MISMATCH",
        "clientMinProtocol": lowest,
        "clientMaxProtocol": highest,
        "expectedProtocol": 4,
        "minimumProbeProtocol": 3,
    }


@pytest.mark.parametrize(
    ("declared", "granted"),
    [
        (None, set(OPERATOR_SCOPES)),
        ([], set()),
        (["operator.read"], {"operator.read"}),
        (["operator.admin", "operator.talk.secrets"], {"operator.admin"}),
    ],
)
def test_declared_scopes_narrow(declared: list[str] | None, granted: set[str]) -> None:
    assert authorise(params(scopes=declared), LOCAL, ADMITTED) == granted


def test_from_elsewhere_the_token_alone_is_not_enough() -> None:
    with pytest.raises(RefusedError) as refused:
        authorise(params(), REMOTE, ADMITTED)
    assert refused.value.error.code == "NOT_PAIRED"
    assert refused.value.error.details == {"code": "DEVICE_IDENTITY_REQUIRED"}


def test_the_recorded_refusal_of_a_wrong_token() -> None:
    with pytest.raises(RefusedError) as refused:
        authorise(params(), LOCAL, Admission("mismatch"))
    assert refused.value.error.shape() == {
        "code": "INVALID_REQUEST",
        "message": "unauthorized: gateway token mismatch (provide gateway auth token)",
        "details": {
            "code": "AUTH_TOKEN_MISMATCH",
            "authReason": "token_mismatch",
            "canRetryWithDeviceToken": False,
            "recommendedNextStep": "update_auth_credentials",
        },
    }


def test_both_problems_of_a_client_are_told_at_once() -> None:
    with pytest.raises(RefusedError) as refused:
        params(client={"id": "nonsense", "version": "1", "platform": "x", "mode": "zzz"})
    assert refused.value.reason == (
        "invalid connect params: at /client/id: must be equal to one of the allowed values; "
        "at /client/mode: must be equal to one of the allowed values"
    )


@pytest.mark.parametrize(
    ("held", "wanted", "may"),
    [
        ("operator.admin", "operator.pairing", True),
        ("operator.write", "operator.read", True),
        ("operator.read", "operator.write", False),
        ("operator.write", "operator.admin", False),
        ("operator.pairing", "operator.read", False),
    ],
)
def test_what_a_scope_implies(held: Scope, wanted: Scope, may: bool) -> None:
    assert Caller(frozenset({held})).may(wanted) is may
    assert OPERATOR.may(wanted)

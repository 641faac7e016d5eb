from dataclasses import replace
from itertools import product

import pytest

from openclaw.gateway.access import (
    AccessPolicy,
    Allowed,
    Decision,
    DmPolicy,
    NeedsPairing,
    Refused,
    hinges_on_pairing,
    judge,
    owners_of,
)
from openclaw.types.messages import Inbound, Sender

OWNER, MEMBER, PAIRED, STRANGER = "1", "2", "3", "4"
POLICIES: tuple[DmPolicy, ...] = ("pairing", "allowlist", "open", "disabled")


def message(sender: str) -> Inbound:
    return Inbound("telegram", Sender(sender), "hi", 0)


def policy(dm: DmPolicy, *, anyone: bool = False) -> AccessPolicy:
    listed = frozenset({OWNER, MEMBER, *(["*"] if anyone else [])})
    return AccessPolicy(dm, listed, frozenset({OWNER}))


def verdict(sender: str, dm: DmPolicy, *, anyone: bool = False) -> Decision:
    return judge(message(sender), policy(dm, anyone=anyone), frozenset({PAIRED}))


@pytest.mark.parametrize("anyone", [False, True])
@pytest.mark.parametrize("dm", ["pairing", "allowlist", "open"])
def test_the_owner_and_who_is_listed_always_get_in(dm: DmPolicy, anyone: bool) -> None:
    assert verdict(OWNER, dm, anyone=anyone) == Allowed("owner", "owner")
    assert verdict(MEMBER, dm, anyone=anyone) == Allowed("member", "allowFrom")


@pytest.mark.parametrize("anyone", [False, True])
@pytest.mark.parametrize("sender", [OWNER, MEMBER, PAIRED, STRANGER, ""])
def test_disabled_lets_nobody_in(sender: str, anyone: bool) -> None:
    assert verdict(sender, "disabled", anyone=anyone) == Refused("dm_disabled")


@pytest.mark.parametrize(
    ("sender", "dm", "anyone", "expected"),
    [
        (PAIRED, "pairing", False, Allowed("member", "paired")),
        (STRANGER, "pairing", False, NeedsPairing()),
        ("", "pairing", False, Refused("not_on_allowlist")),
        (PAIRED, "allowlist", False, Refused("not_on_allowlist")),
        (STRANGER, "allowlist", False, Refused("not_on_allowlist")),
        ("", "allowlist", False, Refused("not_on_allowlist")),
        (PAIRED, "open", False, Allowed("member", "open")),
        (STRANGER, "open", False, Allowed("stranger", "open")),
        ("", "open", False, Allowed("stranger", "open")),
        (PAIRED, "pairing", True, Allowed("member", "open")),
        (STRANGER, "pairing", True, Allowed("stranger", "open")),
        (STRANGER, "allowlist", True, Allowed("stranger", "open")),
        ("", "allowlist", True, Allowed("stranger", "open")),
    ],
)
def test_everybody_else_gets_in_as_the_policy_says(
    sender: str, dm: DmPolicy, anyone: bool, expected: Decision
) -> None:
    assert verdict(sender, dm, anyone=anyone) == expected


def test_nobody_becomes_somebody_by_an_empty_id() -> None:
    nameless = AccessPolicy("open", frozenset({"", "*"}), frozenset({""}))

    assert judge(message(""), nameless, frozenset({""})) == Allowed("stranger", "open")


@pytest.mark.parametrize(("sender", "dm"), list(product((OWNER, PAIRED, STRANGER), POLICIES)))
def test_groups_are_refused_whoever_speaks(sender: str, dm: DmPolicy) -> None:
    group = replace(message(sender), chat_type="group")

    assert judge(group, policy(dm, anyone=True), frozenset({PAIRED})) == Refused("group_not_enabled")


@pytest.mark.parametrize("dm", POLICIES)
def test_an_authenticated_operator_is_the_owner_whatever_the_policy(dm: DmPolicy) -> None:
    operator = replace(message("operator"), operator=True)

    assert judge(operator, policy(dm), frozenset()) == Allowed("owner", "operator")


@pytest.mark.parametrize("dm", POLICIES)
@pytest.mark.parametrize("anyone", [False, True])
@pytest.mark.parametrize("sender", [OWNER, MEMBER, PAIRED, STRANGER, ""])
def test_a_decision_that_does_not_hinge_on_pairing_is_the_same_for_the_paired(
    sender: str, anyone: bool, dm: DmPolicy
) -> None:
    rules = policy(dm, anyone=anyone)
    without = judge(message(sender), rules, frozenset())

    if not hinges_on_pairing(without):
        assert judge(message(sender), rules, frozenset({sender})) == without


@pytest.mark.parametrize(
    ("channel", "named", "listed", "owners"),
    [
        ("telegram", (), ("1", "2"), {"1", "2"}),
        ("telegram", (), ("*",), set()),
        ("telegram", (), ("*", "1"), {"1"}),
        ("telegram", (), (), set()),
        ("telegram", ("telegram:9",), ("1",), {"9"}),
        ("telegram", ("9",), ("1",), {"9"}),
        ("telegram", ("whatsapp:+12015550123",), ("1",), set()),
        ("telegram", ("te:9",), ("1",), set()),
        ("telegram", ("*",), ("1",), set()),
        ("telegram", ("telegram:*", "telegram:"), ("1",), set()),
        ("whatsapp", ("telegram:9", "whatsapp:+12015550123"), (), {"+12015550123"}),
        ("sms", ("sms:+12015550123", "+12015550123"), ("+12015550123",), set()),
        ("voice", (), ("+12015550123",), set()),
    ],
)
def test_owners_are_named_by_id_and_never_by_a_number_that_can_be_forged(
    channel: str, named: tuple[str, ...], listed: tuple[str, ...], owners: set[str]
) -> None:
    assert owners_of(channel, named, listed) == owners

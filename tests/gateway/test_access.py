from dataclasses import replace
from itertools import product

import pytest

from openclaw.gateway.access import (
    AccessPolicy,
    Allowed,
    Decision,
    DmPolicy,
    Mark,
    NeedsPairing,
    Refused,
    hinges_on_pairing,
    judge,
    owners_of,
)
from openclaw.gateway.config import AckScope
from openclaw.types.groups import GroupAccess, GroupRule
from openclaw.types.messages import Address, Inbound, Role, Sender

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
        (PAIRED, "stream", False, Allowed("member", "authorised")),
        (STRANGER, "stream", False, Refused("not_authorised")),
        ("", "stream", False, Refused("not_authorised")),
        (STRANGER, "stream", True, Allowed("stranger", "open")),
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


@pytest.mark.parametrize("role", ["owner", "member", "stranger"])
def test_what_the_house_says_to_itself_has_the_authority_it_was_given(role: Role) -> None:
    event = Inbound("cron", Sender("telegram:821071206"), "[cron:job_1] look", 0, role=role)
    assert judge(event, AccessPolicy(dm_policy="disabled"), frozenset()) == Allowed(role, "house")


GROUP_MEMBER = "821071299"


def in_group(sender: str, groups: GroupAccess, *, topic: str | None = None) -> Decision:
    where = Address("telegram", "-100200", thread=topic)
    heard = replace(message(sender), chat_type="group", reply_to=where)
    return judge(heard, replace(policy("pairing"), groups=groups), frozenset({PAIRED}))


RULES = {"-100200": GroupRule(), "-100200:topic:9": GroupRule(enabled=False)}
LISTED = GroupAccess("allowlist", RULES, frozenset({GROUP_MEMBER}))


@pytest.mark.parametrize(
    ("sender", "groups", "expected"),
    [
        (OWNER, LISTED, Allowed("owner", "owner")),
        (GROUP_MEMBER, LISTED, Allowed("member", "groupAllowFrom")),
        (MEMBER, LISTED, Refused("not_on_group_allowlist")),
        (PAIRED, LISTED, Refused("not_on_group_allowlist")),
        ("", LISTED, Refused("not_on_group_allowlist")),
        (STRANGER, replace(LISTED, policy="open"), Allowed("stranger", "group open")),
        (PAIRED, replace(LISTED, policy="open"), Allowed("member", "group open")),
        (MEMBER, replace(LISTED, policy="open"), Allowed("member", "group open")),
        ("", replace(LISTED, policy="open"), Allowed("stranger", "group open")),
        (STRANGER, replace(LISTED, allow_from=frozenset({"*"})), Allowed("stranger", "group open")),
        (OWNER, replace(LISTED, policy="disabled"), Refused("group_disabled")),
        (OWNER, replace(LISTED, rules={}), Refused("group_not_listed")),
        (STRANGER, GroupAccess("open"), Allowed("stranger", "group open")),
        (OWNER, replace(LISTED, rules={"*": GroupRule(policy="disabled")}), Refused("group_disabled")),
        (STRANGER, replace(LISTED, rules={"*": GroupRule(policy="open")}), Allowed("stranger", "group open")),
        (
            GROUP_MEMBER,
            replace(LISTED, rules={"*": GroupRule(allow_from=frozenset())}),
            Refused("not_on_group_allowlist"),
        ),
    ],
)
def test_a_group_is_opened_by_the_file_alone(sender: str, groups: GroupAccess, expected: Decision) -> None:
    assert in_group(sender, groups) == expected


def test_a_topic_can_be_shut_in_an_open_group() -> None:
    assert in_group(OWNER, LISTED, topic="9") == Refused("group_disabled")


@pytest.mark.parametrize(
    ("scope", "direct", "in_group_at_all", "called"),
    [
        ("group-mentions", "", "", "👀"),
        ("group-all", "", "👀", "👀"),
        ("direct", "👀", "", ""),
        ("all", "👀", "👀", "👀"),
        ("off", "", "", ""),
        ("none", "", "", ""),
    ],
)
def test_a_message_is_marked_as_the_scope_says(
    scope: AckScope, direct: str, in_group_at_all: str, called: str
) -> None:
    mark, written = Mark("👀", scope), replace(message(OWNER), message_id="7")
    group = replace(written, chat_type="group")

    assert mark.of(written) == direct
    assert mark.of(group) == in_group_at_all
    assert mark.of(replace(group, called="reply")) == called
    assert mark.of(replace(group, called="reply", message_id="")) == ""
    assert mark.of(replace(group, called="reply", role="owner")) == ""

import pytest

from openclaw.types.groups import GroupAccess, GroupPolicy, GroupRule

ALL, ONE, TOPIC, EVERY_SEVENTH = (GroupRule(system_prompt=name) for name in ("all", "one", "topic", "7"))
LISTED = {"-100": ONE, "-100:topic:7": TOPIC, "*": ALL, "*:topic:7": EVERY_SEVENTH}


@pytest.mark.parametrize(
    ("chat", "topic", "rule"),
    [
        ("-100", None, ONE),
        ("-100", "8", ONE),
        ("-100", "7", TOPIC),
        ("-200", None, ALL),
        ("-200", "7", EVERY_SEVENTH),
    ],
)
def test_a_topic_is_ruled_before_its_group_and_a_group_before_all(
    chat: str, topic: str | None, rule: GroupRule
) -> None:
    assert GroupAccess("allowlist", LISTED).rule(chat, topic) == rule


@pytest.mark.parametrize(
    ("policy", "rules", "expected"),
    [
        ("allowlist", {}, None),
        ("open", {}, GroupRule()),
        ("open", {"-200": ONE}, None),
        ("allowlist", {"-200": ONE}, None),
    ],
)
def test_a_group_that_nobody_listed_is_answered_only_where_all_are(
    policy: GroupPolicy, rules: dict[str, GroupRule], expected: GroupRule | None
) -> None:
    assert GroupAccess(policy, rules).rule("-100", None) == expected


def test_messages_of_the_general_topic_do_not_name_it() -> None:
    assert GroupAccess("open", {"-100": ONE, "-100:topic:1": TOPIC}).rule("-100", None) == TOPIC

from typing import Any

import pytest

from openclaw.channels.telegram.groups import group_problems, group_rules
from openclaw.types.groups import GroupRule

SHUT = GroupRule(enabled=False)


def test_what_a_topic_does_not_say_is_as_in_its_group() -> None:
    rules = group_rules(
        {
            "-100": {
                "requireMention": False,
                "allowFrom": ["tg:821071206", 821071207, "@ana"],
                "systemPrompt": "Be brief.",
                "topics": {"7": {"requireMention": True, "skills": ["weather"], "systemPrompt": "Of rain."}},
            },
            "*": None,
        }
    )

    speakers = frozenset({"821071206", "821071207"})
    assert rules == {
        "-100": GroupRule(True, False, None, speakers, None, "Be brief."),
        "-100:topic:7": GroupRule(True, True, None, speakers, ("weather",), "Be brief.\n\nOf rain."),
        "*": GroupRule(),
    }


@pytest.mark.parametrize(
    ("written", "rules"),
    [
        ({"-100": "yes", "-200": {}}, {"-100": SHUT, "-200": GroupRule()}),
        ({"-100": {"requireMention": "perhaps"}}, {"-100": SHUT}),
        ({"-100": {"topics": {"7": {"allowFrom": {}}}}}, {"-100": GroupRule(), "-100:topic:7": SHUT}),
        ({"-100": {"allowFrom": []}}, {"-100": GroupRule(allow_from=frozenset())}),
    ],
)
def test_what_cannot_be_read_is_shut_alone(written: dict[str, Any], rules: dict[str, GroupRule]) -> None:
    assert group_rules(written) == rules


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"-100": {"requireMention": "perhaps"}}, 'groups["-100"].requireMention cannot be read'),
        ({"-100": 5}, 'groups["-100"] cannot be read'),
        ({"-100": {"topics": {"7": 5}}}, 'topics["7"] cannot be read'),
        ({"-100": {"allowFrom": ["@ana"]}}, "'@ana' is not a Telegram user id"),
        ({"my group": {}}, "is no group: write its number"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(written: dict[str, Any], told: str) -> None:
    (problem,) = group_problems("channels.telegram", written)

    assert told in problem
    assert problem.startswith("channels.telegram.groups[")


def test_a_good_group_has_no_problems() -> None:
    assert list(group_problems("channels.telegram", {"-1001": {"topics": {"7": None}}, "*": None})) == []

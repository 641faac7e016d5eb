import pytest

from openclaw.agent.skills.commands import DirectCall, command_name, commands, dispatched, invoked
from tests.agent.skills.made import skill

TEA, WALK = skill("green-tea"), skill("dog.walk 2")
SECRET = skill("secret", user_invocable=False)
LIST = skill("lister", tool="sessions_list")
ALL = (TEA, WALK, SECRET, LIST)
TOLD = "Use the skill 'green-tea' for this: read /skills/green-tea/SKILL.md first and follow it."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/green_tea", TOLD),
        ("/green-tea", TOLD),
        ("/Green_Tea@my_bot", TOLD),
        ("  /green_tea two cups\nplease ", f"{TOLD}\n\ntwo cups\nplease"),
        ("/skill green-tea two cups", f"{TOLD}\n\ntwo cups"),
        ("/skill green_tea", TOLD),
        ("/skill", None),
        ("/skill nothing", None),
        ("/secret", None),
        ("/lister all", None),
        ("/green", None),
        ("/green_tea_more", None),
        ("green_tea", None),
        ("see /green_tea", None),
        ("/", None),
        ("/___", None),
        ("", None),
    ],
)
def test_a_skill_is_called_by_its_name(text: str, told: str | None) -> None:
    assert invoked(text, ALL) == told


def test_a_command_that_means_something_else_keeps_its_meaning() -> None:
    status = skill("status")

    assert invoked("/status", [status], taken={"status"}) is None
    assert invoked("/status_2 now", [status], taken={"status"}) is not None
    assert invoked("/skill status", [status], taken={"status"}) is not None


def test_skills_of_like_names_get_commands_of_their_own() -> None:
    alike = [skill("a-b"), skill("a_b"), skill("a.b"), skill("x" * 40), skill("x" * 41)]

    found = commands(alike)

    assert {name: one.name for name, one in found.items()} == {
        "a_b": "a-b",
        "a_b_2": "a.b",
        "a_b_3": "a_b",
        "x" * 32: "x" * 40,
        "x" * 30 + "_2": "x" * 41,
    }
    assert "secret" not in commands(ALL)


def test_a_skill_may_hand_its_command_to_a_tool_as_it_was_written() -> None:
    arguments = {"command": "all  of them", "commandName": "lister", "skillName": "lister"}

    assert dispatched("/lister all  of them", ALL) == DirectCall("lister", "sessions_list", arguments)
    assert dispatched("/green_tea x", ALL) is None
    assert dispatched("hello", ALL) is None


@pytest.mark.parametrize(("name", "command"), [("My Skill", "my_skill"), ("--", ""), ("a" * 50, "a" * 32)])
def test_a_command_is_what_channels_take(name: str, command: str) -> None:
    assert command_name(name) == command

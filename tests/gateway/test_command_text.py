from dataclasses import replace

import pytest

from openclaw.gateway.command_text import (
    COMMAND,
    Asker,
    Command,
    asker_name,
    described,
    summary,
    without_values,
)

MAC = Asker("device:3fa9", "Ada's Mac", ", device 3fa9")
PUSH = Command("git push origin main", ("git", "push", "origin", "main"))


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (PUSH, ["> git push origin main"]),
        (Command("ls\nAsked by: nobody"), ["> ls", "> Asked by: nobody"]),
        (Command("rm \u202egpj.x"), ["> rm ⟨U+202E⟩gpj.x"]),
        (replace(PUSH, text="git status"), ["> git status", '> ["git","push","origin","main"]']),
    ],
)
def test_what_would_run_is_quoted_with_all_of_it_visible(command: Command, lines: list[str]) -> None:
    assert [line for line in described(command, MAC).split("\n") if line.startswith("> ")] == lines


def test_every_circumstance_is_told_and_of_the_environment_only_the_names() -> None:
    command = replace(
        PUSH, folder="/home/ada\u200b", program="/usr/bin/git", host="node", node="mini", agent="main",
        session_key="agent:main:main", env={"TOKEN": "open sesame", "LANG": "C"}, rest={"ask": "always"},
    )  # fmt: skip
    text = described(command, MAC)
    assert text.split("\n")[-5:] == [
        "In the folder: /home/ada⟨U+200B⟩",
        "Program file: /usr/bin/git",
        "On: node, node mini",
        "Sets in the environment, by name: LANG, TOKEN",
        "For, as it says: agent main, agent:main:main",
    ]
    assert "sesame" not in text
    assert without_values(command)["env"] == ["LANG", "TOKEN"]
    assert "sesame" not in str(without_values(command))


def test_a_long_command_says_how_much_of_it_is_left_out() -> None:
    text = described(Command("a" * (COMMAND + 1_234)), MAC)
    assert "1,234 characters are left out here" in text
    assert len(text) < COMMAND + 300


def test_a_name_that_a_device_gave_itself_stays_one_short_line() -> None:
    name = asker_name(" Ada\nCommand: ls " + "x" * 300)
    assert name.startswith("Ada⟨U+000A⟩Command: ls xxx")
    assert "left out" in name
    assert summary(PUSH, MAC) == "command (Ada's Mac): git push origin main"

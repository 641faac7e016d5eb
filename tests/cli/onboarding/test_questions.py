from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from openclaw.cli.onboarding.answers import Answers, Key, Offline
from openclaw.cli.onboarding.questions import (
    QUESTIONS,
    ROUNDS,
    Desk,
    ask_boot,
    ask_bot,
    ask_key,
    ask_name,
    ask_workspace,
    interview,
    with_own_key,
)
from tests.cli.onboarding.scripted import (
    BAD_KEY,
    BASES,
    KEY,
    OPENAI_KEY,
    OTHER_KEY,
    OWNER,
    POOR_KEY,
    TOKEN,
    ScriptedProbes,
    desk,
    screen_of,
)


def key_of(answers: Answers) -> Key:
    assert isinstance(answers.key, Key)
    return answers.key


def run(asked: Desk, answers: Answers | None = None) -> Answers:
    return interview(asked, answers or Answers(), QUESTIONS)


def test_enter_all_the_way_changes_nothing() -> None:
    asked = desk("", "", "", "", "")
    assert run(asked) == Answers()
    assert [prompt.enter for prompt in screen_of(asked).prompts] == [
        "offline", "later", "none", "~/.openclaw/workspace", "no",
    ]  # fmt: skip
    headings = [line for line in screen_of(asked).said if " of 5: " in line]
    assert (len(headings), headings[0]) == (5, "1 of 5: Which model answers?")


def test_a_second_time_enter_stands_for_what_is_there() -> None:
    asked = desk(
        "", "", "", "", "", provider="anthropic", key_from="the keychain", name="Ana",
        bot_from="a file of its own", owners=(OWNER,), runs_at_boot=True,
    )  # fmt: skip
    assert run(asked) == Answers()
    assert [prompt.enter for prompt in screen_of(asked).prompts] == [
        "the anthropic key from the keychain", "Ana", "the token from a file of its own",
        "~/.openclaw/workspace", "yes",
    ]  # fmt: skip


def test_back_goes_to_the_question_before_and_keeps_what_was_said() -> None:
    asked = desk("<", KEY, "Ana", "<", "<", "", "Bea", "", "", "")
    answers = run(asked)
    assert (key_of(answers).stated.value.reveal(), answers.name) == (KEY, "Bea")
    assert [prompt.enter for prompt in screen_of(asked).prompts][5:7] == [
        "the anthropic key just given",
        "Ana",
    ]


def test_breaking_off_is_no_answer() -> None:
    with pytest.raises(click.Abort):
        run(desk("", "Ana"))


def test_a_key_is_tried_with_the_model_that_will_answer() -> None:
    probes = ScriptedProbes()
    asked = desk(BAD_KEY, OPENAI_KEY, probes=probes)
    answers = ask_key(asked, Answers())
    assert (key_of(answers).provider, key_of(answers).model) == ("openai", "openai/gpt-6-sol")
    assert probes.asked == [
        ("anthropic", BASES["anthropic"], "claude-opus-4-6"), ("openai", BASES["openai"], "gpt-6-sol"),
    ]  # fmt: skip
    assert "✗ It is not taken" in screen_of(asked).said
    own = ask_key(desk(KEY, model="anthropic/claude-sonnet-5"), Answers())
    assert key_of(own).model == "anthropic/claude-sonnet-5"
    chosen = ask_key(replace(desk(KEY), model="anthropic/claude-haiku-5-5"), Answers())
    assert key_of(chosen).model == "anthropic/claude-haiku-5-5"


def test_a_key_that_may_be_right_is_kept_by_enter_and_replaced_by_another() -> None:
    kept = desk(POOR_KEY, "")
    assert key_of(ask_key(kept, Answers())).stated.value.reveal() == POOR_KEY
    assert screen_of(kept).prompts[1].enter == "keep it all the same"
    assert key_of(ask_key(desk(POOR_KEY, OTHER_KEY), Answers())).stated.value.reveal() == OTHER_KEY
    wrong_after = desk(POOR_KEY, BAD_KEY, "")
    assert ask_key(wrong_after, Answers()) == Answers()
    assert screen_of(wrong_after).prompts[2].enter == "offline"


def test_offline_is_a_choice_too() -> None:
    assert ask_key(desk("OFFLINE"), Answers()).key == Offline()


def test_unchecked_nobody_is_asked() -> None:
    answers = ask_key(replace(desk(BAD_KEY), probes=None), Answers())
    assert key_of(answers).stated.value.reveal() == BAD_KEY
    assert ask_bot(replace(desk(TOKEN, live=True), probes=None), Answers()).owner is None


def test_the_bot_is_tried_and_its_owner_known_by_a_word_that_nobody_else_has_seen() -> None:
    probes = ScriptedProbes(word_heard_after=1)
    asked = desk("nonsense", TOKEN, probes=probes, live=True)
    answers = ask_bot(asked, Answers())
    assert answers.bot is not None
    assert (answers.bot.name, answers.owner) == ("claw_test_bot", OWNER)
    assert len(set(probes.words)) == 1
    assert any(f"hello {probes.words[0]}" in line for line in screen_of(asked).said)


@pytest.mark.parametrize(
    ("how", "rounds"),
    [
        ({"live": True, "impatient": True}, 1),
        ({"live": True}, ROUNDS),
        ({}, 0),
        ({"live": True, "owners": ("7",)}, 0),
    ],
)
def test_it_waits_for_the_owner_only_where_somebody_sits_and_only_as_long_as_he_likes(
    how: dict[str, Any], rounds: int
) -> None:
    probes = ScriptedProbes(word_heard_after=ROUNDS)
    answers = ask_bot(desk(TOKEN, probes=probes, **how), Answers())
    assert answers.bot is not None
    assert (answers.owner, len(probes.words)) == (None, rounds)


def test_a_bot_that_cannot_listen_goes_on_without() -> None:
    asked = desk(TOKEN, probes=ScriptedProbes(deaf=True), live=True)
    assert ask_bot(asked, Answers()).owner is None
    assert "! That cannot be heard here: another program listens" in screen_of(asked).said


def test_a_bot_given_by_mistake_can_be_taken_back() -> None:
    given = ask_bot(desk(TOKEN), Answers())
    asked = desk("none")
    assert ask_bot(asked, replace(given, owner=OWNER)) == Answers()
    assert screen_of(asked).prompts[0].enter == "@claw_test_bot"


def test_names_and_folders_are_asked_again_until_they_can_be(tmp_path: Path) -> None:
    assert ask_name(desk("x" * 81, "Ana"), Answers()).name == "Ana"
    wanted = tmp_path / "notes"
    assert ask_workspace(desk("here", str(wanted), home=tmp_path), Answers()).workspace == wanted


def test_starting_with_the_machine_is_asked_where_it_can_be() -> None:
    assert ask_boot(desk("perhaps", "yes"), Answers()).boot is True
    assert ask_boot(desk("no", runs_at_boot=True), Answers()).boot is False
    cannot = desk("yes", obstacle="there is no systemd")
    assert ask_boot(cannot, Answers()).boot is None
    assert "! That cannot be set up here: there is no systemd." in screen_of(cannot).said


def test_a_key_in_this_shells_variable_is_put_away_for_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    there = desk(provider="anthropic", key_from="the variable ANTHROPIC_API_KEY")
    kept = key_of(with_own_key(there, Answers(boot=True)))
    assert (kept.stated.reference, kept.stated.value.reveal(), kept.model) == (
        "",
        KEY,
        "anthropic/claude-opus-4-6",
    )
    assert with_own_key(there, Answers()) == Answers()
    elsewhere = desk(provider="anthropic", key_from="the keychain")
    assert with_own_key(elsewhere, Answers(boot=True)) == Answers(boot=True)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert with_own_key(there, Answers(boot=True)) == Answers(boot=True)

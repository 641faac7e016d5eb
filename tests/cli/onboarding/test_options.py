import io
import sys

import click
import pytest

from openclaw.cli.onboarding.answers import Answers, Key, MistakenError
from openclaw.cli.onboarding.options import Options, given_answers
from tests.cli.onboarding.scripted import BAD_KEY, KEY, OWNER, TOKEN, desk


def test_what_is_given_is_answered_and_the_rest_is_left() -> None:
    options = Options.of({"name": "Ana", "owner": OWNER, "workspace": "~/notes", "boot": False})
    asked = desk()
    assert given_answers(asked, options) == Answers(
        name="Ana", owner=OWNER, workspace=asked.home / "notes", boot=False
    )
    assert [options.has(name) for name in ("name", "boot", "key", "bot")] == [True, True, False, False]
    assert given_answers(desk(), Options()) == Answers()


def test_secrets_may_come_a_line_each_where_no_other_program_sees_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\n{TOKEN}\n"))
    answers = given_answers(desk(), Options(key="-", bot="-"))
    assert isinstance(answers.key, Key)
    assert answers.bot is not None
    assert (answers.key.stated.value.reveal(), answers.bot.stated.value.reveal()) == (KEY, TOKEN)
    with pytest.raises(click.UsageError, match="--model-key: there is nothing in it"):
        given_answers(desk(), Options(key="-"))


def test_a_key_that_is_not_taken_fails_and_what_is_no_answer_is_wrong_use() -> None:
    with pytest.raises(MistakenError):
        given_answers(desk(), Options(key=BAD_KEY))
    for wrong in (Options(owner="@ana"), Options(workspace="here"), Options(name="x" * 99), Options(key=" ")):
        with pytest.raises(click.UsageError):
            given_answers(desk(), wrong)


def test_no_bot_is_an_answer() -> None:
    assert given_answers(desk(), Options(bot="none")) == Answers()
    assert given_answers(desk(), Options(model="openai/gpt-6-luna")).model == "openai/gpt-6-luna"

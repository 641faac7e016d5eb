from pathlib import Path

import pytest

from openclaw.cli.onboarding import reading
from openclaw.cli.onboarding.answers import MistakenError


@pytest.mark.parametrize(
    ("value", "provider"),
    [("sk-ant-api03-x", "anthropic"), ("sk-or-v1-x", "openrouter"), ("sk-proj-x", "openai")],
)
def test_a_key_tells_its_vendor(value: str, provider: str) -> None:
    assert reading.provider_of(value) == provider


def test_a_key_that_tells_nothing_is_asked_for_its_vendor() -> None:
    with pytest.raises(MistakenError, match=r"anthropic:…, openai:…, openrouter:…"):
        reading.provider_of("AIzaSy")
    assert reading.named_provider("openai:AIzaSy:x") == ("openai", "AIzaSy:x")
    assert reading.named_provider("env:OPENAI_API_KEY") == ("", "env:OPENAI_API_KEY")


def test_a_reference_is_kept_as_one_and_read_for_the_trial(tmp_path: Path) -> None:
    found = reading.stated("env:MINE", {"MINE": "sk-ant-1"})
    assert (found.reference, found.value.reveal()) == ("env:MINE", "sk-ant-1")
    plain = reading.stated("sk-ant-2", {})
    assert (plain.reference, plain.value.reveal(), str(plain.value)) == ("", "sk-ant-2", "***")
    with pytest.raises(MistakenError, match="MINE: the variable is not set"):
        reading.stated("env:MINE", {})
    with pytest.raises(MistakenError, match="No such file"):
        reading.stated(f"file:{tmp_path}/none", {})


@pytest.mark.parametrize("text", ["", "123:short", "abc:" + "x" * 35, "123456789:" + "x" * 34 + "!"])
def test_what_is_no_bots_token_is_said_before_anybody_is_asked(text: str) -> None:
    with pytest.raises(MistakenError, match="looks like"):
        reading.bot_token(text)


def test_a_person_is_known_by_the_number_alone() -> None:
    assert reading.telegram_id("821071206") == "821071206"
    for text in ("@ana", "٣", "-100", ""):
        with pytest.raises(MistakenError, match="digits"):
            reading.telegram_id(text)


def test_a_name_is_one_line_of_what_can_be_printed() -> None:
    assert reading.name("  Ana \x1b[2J Lovelace ") == "Ana [2J Lovelace"
    with pytest.raises(MistakenError):
        reading.name("x" * 81)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("~/notes", "{home}/notes"), ("{home}/a/../b", "{home}/b"), ("{home}/new/deep", "{home}/new/deep")],
)
def test_a_workspace_is_a_whole_path_of_its_own(tmp_path: Path, text: str, expected: str) -> None:
    assert str(reading.workspace(text.format(home=tmp_path), tmp_path)) == expected.format(home=tmp_path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("here", "whole path"),
        ("{home}", "far more"),
        ("/", "far more"),
        ("~/..", "far more"),
        ("{home}/file", "is a file"),
        ("{home}/file/below", "is a file"),
    ],
)
def test_a_place_it_should_not_have_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MistakenError, match=why):
        reading.workspace(text.format(home=tmp_path), tmp_path)


def test_yes_and_no_have_several_forms_and_nothing_else_is_either() -> None:
    assert [reading.yes(text) for text in ("y", "YES", "true", "1", "n", "no", "False", "0")] == [
        True
    ] * 4 + [False] * 4
    with pytest.raises(MistakenError):
        reading.yes("maybe")


PAGE = "# USER.md\n\n- Name:\n- What to call them:\n"


def test_the_name_goes_into_its_line_and_the_rest_of_the_page_stays() -> None:
    named = reading.with_name(PAGE, "Ana")
    assert named == PAGE.replace("- Name:", "- Name: Ana")
    assert (reading.name_in(named), reading.name_in(PAGE), reading.name_in("")) == ("Ana", "", "")
    assert reading.with_name(named, r"Ada \1") == PAGE.replace("- Name:", r"- Name: Ada \1")
    assert reading.with_name("# Mine\n", "Ana") == "# Mine\n\n- Name: Ana\n"
    assert reading.with_name("", "Ana") == "- Name: Ana\n"


def test_of_a_secret_only_the_end_is_told_and_of_a_short_one_nothing() -> None:
    assert (reading.tail("sk-ant-0123456789"), reading.tail("short")) == ("…6789", "…")


def test_a_path_below_home_is_told_from_there() -> None:
    assert reading.short(Path("/home/ana/x/y"), Path("/home/ana")) == "~/x/y"
    assert reading.short(Path("/srv/x"), Path("/home/ana")) == "/srv/x"

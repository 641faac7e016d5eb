import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.voice.speaking.speech import MORE, MOST, spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is **22 °C** and _sunny_.", "It is 22 °C and sunny."),
        ("# Today\n\n- Dentist at 3\n- Call Ana", "Today. Dentist at 3. Call Ana"),
        ("1. first\n2. second", "1: first. 2: second"),
        ("See [the page](https://example.org/a?b=c) please", "See the page please"),
        ("See https://example.org/a. Thanks", "See a link Thanks"),
        ("Write to <mailto:ana@example.org>", "Write to a link"),
        ("Good morning! 🌞👩‍👩‍👧", "Good morning!"),
        ("Run `ls -l` now", "Run ls -l now"),
        ("Here:\n```python\nprint(1)\n```\nDone.", "Here: (some code, which I do not read out). Done."),
        ("> quoted\n> twice", "quoted. twice"),
        ("| City | °C |\n|---|---|\n| Sydney | 22 |", "City, °C. Sydney, 22"),
        ("Call +12015550123.", "Call plus 1 2 0 1 5 5 5 0 1 2 3."),
        ("2 * 3 = 6", "2  3 = 6"),
        ("  \n\n ", ""),
        ("🌞", ""),
        ("---", ""),
    ],
)
def test_marks_for_the_eye_are_not_read_out(text: str, said: str) -> None:
    assert " ".join(spoken(text).split()) == " ".join(said.split())


def test_a_pairing_code_is_spelt_and_the_command_left_out() -> None:
    notice = (
        "I do not know you yet.\n\nPairing code: AB2CD3EF\n\n"
        "If you know my owner, ask them to run:\nopenclaw pairing approve voice AB2CD3EF"
    )

    assert spoken(notice) == "I do not know you yet. Pairing code: A, B, 2, C, D, 3, E, F"


def test_a_long_answer_ends_with_a_sentence_and_says_that_there_is_more() -> None:
    said = spoken("This is one sentence of many. " * 50)

    assert len(said) <= MOST
    assert said.endswith(f"of many. {MORE}")


def test_a_long_sentence_is_cut_between_words() -> None:
    said = spoken("word " * 400)

    assert len(said) <= MOST
    assert said.endswith(f"word… {MORE}")


@given(st.text(max_size=3000))
def test_whatever_the_model_writes_one_line_of_speech_comes_of_it(text: str) -> None:
    said = spoken(text)

    assert len(said) <= MOST
    assert "\n" not in said


@given(st.text(alphabet="ab .,!?*_`[]()#>-\n1", max_size=300))
def test_what_is_ready_to_be_said_may_be_prepared_again(text: str) -> None:
    once = spoken(text)

    assert len(spoken(once)) <= MOST
    assert bool(spoken(once)) or not once.strip(" .,!?*_`[]()#>-1")

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.agent.tools.base import Act, Kind
from openclaw.gateway.approval_text import (
    Deed,
    canonical,
    described,
    fitted,
    question_part,
    spoken_id,
    summary,
    told_part,
    visible,
)
from tests.agent.tools.scenes import SCENE


def deed(
    target: str = "telegram:821071299",
    payload: str = "Hello Ben",
    arguments: Mapping[str, object] | None = None,
) -> Deed:
    given_arguments = {"target": target, "message": payload} if arguments is None else arguments
    return Deed("message", given_arguments, Act(Kind.SEND, target, payload), "it writes to somebody else")


def test_a_question_says_what_to_whom_why_and_for_whom() -> None:
    assert described(deed(), SCENE) == (
        "Tool: message (send)\n"
        "Asked by: telegram:821071206, my owner, in agent:main:main\n"
        "Why I ask: it writes to somebody else\n"
        "What: telegram:821071299\n"
        "Words:\n"
        "> Hello Ben"
    )


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain text, ünï 東京 🙂", "plain text, ünï 東京 🙂"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u200bb\u2060c\ufeff", "a⟨U+200B⟩b⟨U+2060⟩c⟨U+FEFF⟩"),
        ("tag\U000e0041\U000e007f", "tag⟨U+E0041⟩⟨U+E007F⟩"),
        ("a\u00a0b\u3000c", "a⟨U+00A0⟩b⟨U+3000⟩c"),
        ("a\u2028b\x1b[31m\r\t\x00", "a⟨U+2028⟩b⟨U+001B⟩[31m⟨U+000D⟩⟨U+0009⟩⟨U+0000⟩"),
        ("x\ufe0f\U000e0101", "x⟨U+FE0F⟩⟨U+E0101⟩"),
        ("\u3164\u115f\u2800", "⟨U+3164⟩⟨U+115F⟩⟨U+2800⟩"),
        ("a\nb", "a⟨U+000A⟩b"),
    ],
)
def test_what_cannot_be_seen_is_shown_by_its_number(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_the_words_to_be_sent_cannot_pass_for_lines_of_ours() -> None:
    told = described(deed(payload="ok\nWhy I ask: no reason\r\n/approve mitorake allow"), SCENE)

    assert told.splitlines()[4:] == [
        "Words:",
        "> ok",
        "> Why I ask: no reason⟨U+000D⟩",
        "> /approve mitorake allow",
    ]


def test_neither_can_a_target_or_a_name() -> None:
    forged = replace(deed("x\nWords:\n> nothing"), tool="message\nTool: read (read)")

    assert len(described(forged, SCENE).splitlines()) == 6


def test_arguments_that_the_deed_does_not_show_are_shown_beside_it() -> None:
    arguments = {"target": "telegram:821071299", "message": "Hello Ben", "media": "~/secret\u202e.pdf"}

    assert (
        described(deed(arguments=arguments), SCENE).splitlines()[-1]
        == 'With: {"media":"~/secret⟨U+202E⟩.pdf"}'
    )


def test_arguments_that_are_the_payload_are_shown_once() -> None:
    arguments = {"b": 1, "a": "x"}
    foreign = Deed("mcp__x__y", arguments, Act(Kind.FOREIGN, "mcp__x__y", canonical(arguments)), "why")

    told = described(foreign, SCENE)
    assert told.splitlines()[3:] == ["Words:", '> {"a":"x","b":1}']
    assert summary(foreign) == "mcp__x__y"


def test_what_is_cut_is_counted_and_the_end_is_shown() -> None:
    told = described(deed(payload="a" * 5_000 + "THE END"), SCENE)

    assert "[…3,407 characters are left out here…]" in told
    assert told.endswith("THE END")
    assert fitted("abc", 3) == "abc"


@given(st.text(max_size=9_000), st.text(max_size=9_000))
def test_whatever_is_asked_fits_into_one_message_and_holds_nothing_unseen(target: str, payload: str) -> None:
    name = spoken_id()
    part = question_part(name, described(deed(target, payload), SCENE), 10)

    assert len(part.text.encode("utf-16-le")) // 2 <= 4096 or any(ord(char) > 0xFFFF for char in part.text)
    assert all(char.isprintable() or char == "\n" for char in part.text)
    body = part.text.split("\n\n", 1)[1]
    assert body.count(f"\n/approve {name}") == 2


def test_the_buttons_say_what_the_text_says() -> None:
    part = question_part("mitorake", "…", 10)

    assert [(button.label, button.words) for button in part.buttons] == [
        ("Allow once", "/approve mitorake allow"),
        ("Deny", "/approve mitorake deny"),
    ]
    assert all(button.words in part.text and len(button.words.encode()) <= 64 for button in part.buttons)
    assert "within 10 minutes" in part.text


def test_what_came_of_it_takes_the_place_of_the_question() -> None:
    assert told_part("mitorake", "body", "denied", "telegram:821071206\u202e").text == (
        "Approval mitorake: denied by telegram:821071206⟨U+202E⟩.\n\nbody"
    )
    assert (
        told_part("mitorake", "body", "withdrawn", "").text == "Approval mitorake: no longer asked.\n\nbody"
    )


def test_a_name_is_easy_to_say_and_not_said_twice() -> None:
    names = {spoken_id() for _ in range(200)}

    assert len(names) > 195
    assert all(len(name) == 8 and name.isascii() and name.islower() for name in names)


@pytest.mark.parametrize(
    ("minutes", "span"),
    [(10, "10 minutes"), (1, "1 minute"), (1.5, "90 seconds"), (1 / 60, "1 second"), (0.0001, "1 second")],
)
def test_the_time_to_answer_is_told_as_it_is(minutes: float, span: str) -> None:
    part = question_part("mitorake", "…", minutes, "may this run, once?")
    assert part.text.startswith("Approval mitorake: may this run, once?\n")
    assert part.text.endswith(f"Without an answer within {span} it is a no.")

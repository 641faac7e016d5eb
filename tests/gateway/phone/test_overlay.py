import pytest

from openclaw.gateway.phone.overlay import (
    CHARACTERS,
    applied,
    instructions,
    plain,
    richest,
    sentence_ends,
    shipped,
)


@pytest.mark.parametrize(
    "text",
    [
        "Yes, sir.",
        "Yes, sir — Tuesday at three. Shall I confirm?",
        "Dr. Lee is in on Tue. the 3rd at 8 a.m. sharp.",
        "It is 22.5 degrees. Bring a coat!",
        "No full stop at the end",
    ],
)
def test_what_is_short_enough_goes_out_as_it_is(text: str) -> None:
    assert shipped(text, "Telegram") == text


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("One. Two! Three? Four.", "One. Two! (more on Telegram)"),
        ("Here they are:\n- milk\n- eggs\n- bread", "Here they are: milk (more on Telegram)"),
        ("Mr. Smith came. He left at 5 p.m. today. Then rain.",
         "Mr. Smith came. He left at 5 p.m. today. (more on Telegram)"),
        ("“Go.” He went. She stayed.", "“Go.” He went. (more on Telegram)"),
        ("Wait... what? Yes… no. Then more.", "Wait... what? (more on Telegram)"),
    ],
)  # fmt: skip
def test_more_than_two_sentences_are_cut_after_the_second(text: str, sent: str) -> None:
    assert shipped(text, "Telegram") == sent


def test_only_what_asks_for_it_is_cut() -> None:
    said = ["One. Two. Three."]
    assert applied(said, {}) is said
    assert applied(said, {"overlay": "Telegram"}) == ["One. Two. (more on Telegram)"]
    assert applied([], {"overlay": "Telegram"}) == []


def test_nothing_is_longer_than_the_limit() -> None:
    sent = shipped("A very long sentence " * 40 + "ends.", "the web chat")
    assert len(sent) <= CHARACTERS
    assert sent.endswith("... (more on the web chat)")
    assert len(shipped("x" * 1000, "Telegram")) <= CHARACTERS


@pytest.mark.parametrize(
    ("marked", "words"),
    [
        ("**Yes**, at *three*.", "Yes, at three."),
        ("# Today\n\n* one\n* two", "Today\none\ntwo"),
        ("See [the menu](https://example.org/m).", "See the menu https://example.org/m."),
        ("`code` and ~~gone~~ and __bold__", "code and gone and bold"),
        ("```\nx = 1\n```", "x = 1"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("***both***", "both"),
    ],
)
def test_markdown_is_taken_off_and_its_words_stay(marked: str, words: str) -> None:
    assert plain(marked) == words


def test_sentences_are_counted() -> None:
    assert [len(sentence_ends(text)) for text in ("", "a", "Ah. Be.", "A\nB", "E.g. this.", "J. Doe came.")] == [
        0, 1, 2, 2, 1, 1,
    ]  # fmt: skip


def test_the_model_is_told_the_limits_and_where_there_is_room() -> None:
    told = " ".join(instructions("Telegram"))
    assert "at most two short sentences" in told
    assert "Telegram" in told


@pytest.mark.parametrize(
    ("channels", "name"),
    [
        (["sms", "whatsapp", "telegram"], "Telegram"),
        (["sms", "whatsapp"], "WhatsApp"),
        (["sms"], "the web chat"),
    ],
)
def test_the_richer_channel_is_one_that_there_is(channels: list[str], name: str) -> None:
    assert richest(channels) == name

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.voice.speaking.twiml import (
    MAX_SAY,
    NOTHING,
    Verb,
    dial,
    document,
    gather,
    hang_up,
    pause,
    redirect,
    reject,
    say,
)


def parsed(*verbs: Verb) -> ElementTree.Element:
    return ElementTree.fromstring(document(verbs))


def test_nothing_is_an_empty_response() -> None:
    assert NOTHING == b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


def test_words_stand_in_say_with_their_language_and_voice() -> None:
    (element,) = parsed(say('Tea & "cake" <now>', "en-GB", "Polly.Amy"))

    assert (element.tag, element.text) == ("Say", 'Tea & "cake" <now>')
    assert element.attrib == {"language": "en-GB", "voice": "Polly.Amy"}


def test_whoever_listens_hears_speech_keys_and_silence_and_may_be_interrupted() -> None:
    (element,) = parsed(gather("https://h.example.org/voice?step=heard&turn=1", "hu-HU", [say("?", "hu-HU")]))

    assert element.tag == "Gather"
    assert element.attrib["action"] == "https://h.example.org/voice?step=heard&turn=1"
    assert set(element.attrib["input"].split()) == {"speech", "dtmf"}
    assert element.attrib["actionOnEmptyResult"] == "true"
    assert element.attrib["language"] == "hu-HU"
    assert [child.tag for child in element] == ["Say"]


def test_the_other_verbs_have_their_forms() -> None:
    found = parsed(
        pause(2), redirect("https://h/x?a=1&b=2"), dial("+12015550123", "https://h/d", "+12015550100"), reject(),
        hang_up(),
    )  # fmt: skip

    assert [element.tag for element in found] == ["Pause", "Redirect", "Dial", "Reject", "Hangup"]
    assert found[0].attrib == {"length": "2"}
    assert (found[1].text, found[1].attrib) == ("https://h/x?a=1&b=2", {"method": "POST"})
    assert (found[2].text, found[2].attrib["callerId"]) == ("+12015550123", "+12015550100")
    assert found[3].attrib == {"reason": "rejected"}


def test_without_a_number_of_ours_no_caller_id_is_claimed() -> None:
    assert "callerId" not in parsed(dial("+12015550123", "https://h/d", None))[0].attrib


@given(st.text(), st.text(max_size=20))
def test_whatever_is_said_it_is_valid_xml(words: str, language: str) -> None:
    (element,) = parsed(say(words, language))

    assert len(element.text or "") <= MAX_SAY


@pytest.mark.parametrize("strange", ["\x00", "\x1b[31m", "\ud800", "\ufffe", "\x85", "]]>", "\r"])
def test_what_xml_cannot_hold_is_left_out(strange: str) -> None:
    (element,) = parsed(say(f"a{strange}b", "en-US"))

    assert (element.text or "").startswith("a")
    assert (element.text or "").endswith("b")

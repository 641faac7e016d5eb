import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.channels.voice.parse import (
    Recorded,
    Transcribed,
    happening,
    noted_turn,
    read_recorded,
    read_report,
    read_transcribed,
    utterance,
)
from openclaw.types.messages import Address, Inbound, Unusable

SID = "CA00000000000000000000000000000001"
CALL = {
    "CallSid": SID,
    "From": "+12015550123",
    "To": "+12015550100",
    "CallStatus": "ringing",
    "Direction": "inbound",
}


def test_who_calls_is_the_other_one() -> None:
    report = read_report(CALL)

    assert report is not None
    assert (report.peer, report.ours, report.outbound) == ("+12015550123", "+12015550100", False)
    assert (report.from_number, report.to_number) == ("+12015550123", "+12015550100")


def test_whom_we_have_called_is_the_other_one() -> None:
    report = read_report({**CALL, "Direction": "outbound-api"})

    assert report is not None
    assert (report.peer, report.ours, report.outbound) == ("+12015550100", "+12015550123", True)
    assert (report.from_number, report.to_number) == ("+12015550123", "+12015550100")


@pytest.mark.parametrize(
    "caller", ["anonymous", "", "Restricted", "+", "266696687", "sip:ana@example.org", "+1201555012３"]
)
def test_a_caller_without_a_whole_number_is_nobody(caller: str) -> None:
    report = read_report({**CALL, "From": caller})

    assert report is not None
    assert report.peer == ""


@pytest.mark.parametrize(
    "sid", ["", "CA", "SM00000000000000000000000000000001", "CA/../../etc", "CA" + "1" * 90]
)
def test_a_request_without_a_call_is_about_none(sid: str) -> None:
    assert read_report({**CALL, "CallSid": sid}) is None
    assert read_recorded({"CallSid": sid, "RecordingSid": "RE00000001"}) is None
    assert read_transcribed({"CallSid": sid, "TranscriptionSid": "TR00000001"}) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"SpeechResult": " What's  the weather?\n"}, "What's the weather?"),
        ({"Digits": "12#"}, "[pressed on the keypad: 12#]"),
        ({"Digits": "ignore all; rm"}, ""),
        ({"Digits": "hangup"}, ""),
        ({"SpeechResult": "yes", "Digits": "1"}, "yes"),
        ({"SpeechResult": ""}, ""),
        ({}, ""),
    ],
)
def test_words_are_what_was_said_or_pressed(fields: dict[str, str], words: str) -> None:
    report = read_report({**CALL, **fields})

    assert report is not None
    assert report.words == words


def test_words_become_a_message_of_the_caller_that_is_answered_in_the_call() -> None:
    report = read_report({**CALL, "SpeechResult": "hello"})
    assert report is not None

    arrival = utterance(report, 3, b"raw", 1000)

    assert arrival.key == f"voice:default:{SID}:3"
    assert isinstance(arrival.content, Inbound)
    assert arrival.content.sender.id == "+12015550123"
    assert arrival.content.reply_to == Address("voice", "+12015550123", "default", SID)
    assert (arrival.content.text, arrival.content.role, arrival.content.operator) == ("hello", None, False)


def test_callers_without_a_number_share_nothing_with_each_other() -> None:
    senders = set()
    for sid in ("CA00000001", "CA00000002"):
        report = read_report({**CALL, "CallSid": sid, "From": "anonymous", "SpeechResult": "hello"})
        assert report is not None
        content = utterance(report, 1, b"", 0).content
        assert isinstance(content, Inbound)
        senders.add(content.sender.id)

    assert len(senders) == 2


def test_numbers_of_a_report_are_read_where_they_are_numbers() -> None:
    report = read_report({**CALL, "SequenceNumber": "3", "CallDuration": "61"})
    odd = read_report({**CALL, "SequenceNumber": "-1", "CallDuration": "9" * 50})

    assert report is not None
    assert odd is not None
    assert (report.sequence, report.duration) == (3, 61)
    assert (odd.sequence, odd.duration) == (None, None)


def test_recordings_and_transcriptions_are_read() -> None:
    recorded = read_recorded({"CallSid": SID, "RecordingSid": "RE00000001", "RecordingStatus": "completed"})
    absent = read_recorded({"CallSid": SID, "RecordingSid": "RE00000001", "RecordingStatus": "absent"})
    transcribed = read_transcribed(
        {"CallSid": SID, "TranscriptionSid": "TR00000001", "RecordingSid": "../x", "TranscriptionText": "hi",
         "TranscriptionStatus": "completed"}
    )  # fmt: skip

    assert recorded == Recorded("RE00000001", SID, complete=True)
    assert absent == Recorded("RE00000001", SID, complete=False)
    assert transcribed == Transcribed("TR00000001", SID, "", "hi", failed=False)


def test_a_happening_is_kept_and_answered_by_nobody() -> None:
    arrival = happening(f"{SID}:begin", "a call began", b"raw")

    assert arrival.key == f"voice:default:{SID}:begin"
    assert arrival.content == Unusable("a call began")


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ({}, f"voice:default:{SID}:begin"),
        ({"turn": "4"}, f"voice:default:{SID}:4"),
        ({"turn": "x"}, f"voice:default:{SID}:begin"),
    ],
)
def test_the_audit_names_the_call_and_its_turn(query: dict[str, str], key: str) -> None:
    assert noted_turn(SID, query) == key


@given(st.dictionaries(st.sampled_from([*CALL, "SpeechResult", "Digits", "SequenceNumber"]), st.text()))
def test_no_form_is_too_strange_to_be_read(form: dict[str, str]) -> None:
    read_report({**CALL, **form})
    read_report(form)

from dataclasses import replace

import pytest

from openclaw.gateway.mailbox import LONGEST, letter
from openclaw.store.inbox import InboxRow
from openclaw.types.messages import Address, Inbound, Mailbox, Sender

PARENT = Mailbox(
    "agent:main:main", "main", "telegram:821071206", "owner",
    reply_to=Address("telegram", "821071206"), label="dentist",
)  # fmt: skip
EVENT = Inbound("agents", Sender("telegram:821071206"), "find one", 0, role="owner", mail_to=PARENT)
ROW = InboxRow(
    7, "agents:run_1:toolu_1", "agents", "default", 0, EVENT, "running", "owner", "main",
    "agent:main:subagent:a", "run_child", "t_1",
)  # fmt: skip


def test_the_result_goes_to_whoever_gave_the_task_on_his_authority_and_with_its_provenance() -> None:
    mail = letter(ROW, "answered", "Dr. Molar, Tuesday at three.", "web", 5)

    assert mail is not None
    assert mail.key == "mail:run_child"
    message = mail.content
    assert isinstance(message, Inbound)
    assert (message.session_key, message.reply_to) == ("agent:main:main", Address("telegram", "821071206"))
    assert (message.role, message.provenance, message.sender.id) == ("owner", "web", "telegram:821071206")
    heading, _, words = message.text.partition("\n\n")
    assert heading == "[The task “dentist” that you gave to agent:main:subagent:a is finished. Its result:]"
    assert words == "Dr. Molar, Tuesday at three."


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("aborted", "was stopped before it was finished"), ("dead", "could not be finished")],
)
def test_a_task_that_failed_is_told_of_too(outcome: str, words: str) -> None:
    mail = letter(ROW, outcome, "(stopped)", "tool", 5)

    assert mail is not None
    assert isinstance(mail.content, Inbound)
    assert words in mail.content.text
    assert mail.content.text.endswith("(stopped)")


def test_nobody_is_told_who_does_not_wait() -> None:
    assert letter(replace(ROW, event=replace(EVENT, mail_to=None)), "answered", "done", "tool", 5) is None


def test_a_very_long_result_is_shortened_and_an_empty_one_has_words() -> None:
    long, empty = letter(ROW, "answered", "x" * 100_000, "tool", 5), letter(ROW, "silent", "", "tool", 5)

    assert long is not None
    assert empty is not None
    assert len(long.raw) < LONGEST + 4_000
    assert b"(It said nothing.)" in empty.raw

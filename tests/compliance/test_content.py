import re
from dataclasses import replace

import pytest

from openclaw.compliance.content import gate, plain_checks
from openclaw.types.dealings import Contact, Counters, OptOut, Thread
from openclaw.types.sending import Purpose
from tests.compliance.made import NOON, RELEASED, THEIRS, facts, intent, said

OWNER = frozenset({THEIRS})
ASKED = Thread(newest_in=NOON)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("See you on Tuesday.", []),
        ("", [("block", "empty")]),
        (" \n", [("block", "empty")]),
        ("Hello {{first_name}}", [("block", "leak")]),
        ("Hello [NAME], welcome", [("block", "leak")]),
        ("Hello [FIRST NAME]", [("block", "leak")]),
        ("As an AI, I cannot", [("block", "leak")]),
        ('{"type": "tool_use", "id": "toolu_1"}', [("block", "leak")]),
        ("<available_skills><skill name=", [("block", "leak")]),
        ('<<<EXTERNAL_UNTRUSTED_CONTENT id="x">>>', [("block", "leak")]),
        ("[see the note]", []),
        ("key sk-ant-api03-abcdef", [("block", "secret")]),
        ("xoxb-1234567890-abc", [("block", "secret")]),
        ("op://vault/item/field", [("block", "secret")]),
        ("-----BEGIN RSA PRIVATE KEY-----", [("block", "secret")]),
        ("card 4111 1111 1111 1111", [("block", "secret")]),
        ("card 4111 1111 1111 1112", []),
        ("parcel 1Z 0000 0000 0000 00", []),
        ("call +4111111111111111", []),
        ("ssn 123-45-6789", [("block", "secret")]),
        ("call 201-555-0123", []),
        ("order 000-12-3456", []),
        ("free nudes", [("block", "shaft")]),
        ("**bold** words", [("allow", "markdown")]),
    ],
)
def test_the_words_are_looked_at_as_they_leave(text: str, words: list[tuple[str, str]]) -> None:
    assert said(gate, intent(text, "reply"), facts(thread=ASKED)) == words


def test_a_known_secret_never_leaves() -> None:
    assert said(gate, intent("it is hunter22"), facts(secrets=frozenset({"hunter22", ""}))) == [
        ("block", "secret")
    ]


def test_a_call_may_have_no_first_words() -> None:
    assert said(gate, intent("", channel="voice"), facts()) == []
    assert plain_checks(intent("", channel="voice"), facts()) is not None


@pytest.mark.parametrize(
    ("purpose", "authorized", "words"),
    [
        ("campaign", frozenset(), [("block", "shaft")]),
        ("reply", frozenset(), []),
        ("reply", OWNER, []),
    ],
)
def test_what_may_be_spoken_of_may_not_be_advertised(
    purpose: Purpose, authorized: frozenset[str], words: list[tuple[str, str]]
) -> None:
    known = facts(thread=ASKED, authorized=authorized)
    assert said(gate, intent("Wine tasting on Friday", purpose), known) == words


@pytest.mark.parametrize(
    ("text", "before", "words"),
    [
        ("Acme: spring sale. Reply STOP to opt out.", False, []),
        ("Spring sale. Reply STOP to opt out.", False, [("hold", "missing_disclosure")]),
        ("Acme: spring sale.", False, [("hold", "missing_disclosure")]),
        ("Spring sale.", True, []),
    ],
)
def test_the_first_marketing_message_says_who_and_how_to_stop(
    text: str, before: bool, words: list[tuple[str, str]]
) -> None:
    known = facts(rules=replace(RELEASED, brand="ACME"), counters=Counters(marketed_before=before))
    assert said(gate, intent(text, "campaign"), known) == words
    assert said(gate, intent(text), known) == []


@pytest.mark.parametrize(("authorized", "held"), [(frozenset(), True), (OWNER, False)])
def test_words_that_bind_the_owner_are_held(authorized: frozenset[str], held: bool) -> None:
    rules = replace(RELEASED, commitments=(re.compile(r"guarantee", re.IGNORECASE),))
    known = facts(rules=rules, authorized=authorized)
    assert said(gate, intent("We Guarantee it."), known) == ([("hold", "commitment")] if held else [])


@pytest.mark.parametrize(
    ("theirs", "ours", "held"),
    [
        ("Когда вы открываетесь завтра?", "We open at nine tomorrow morning.", True),
        ("Когда вы открываетесь завтра?", "Мы открываемся в девять часов.", False),
        ("When do you open tomorrow?", "Nous ouvrons demain à neuf heures.", False),
        ("明日は何時に開きますか教えてください", "あした九時に開きますのでお越しください", False),
        ("Когда?", "We open at nine tomorrow morning.", False),
    ],
)
def test_people_are_answered_in_their_own_script(theirs: str, ours: str, held: bool) -> None:
    known = facts(thread=Thread(newest_in=NOON, newest_text=theirs))
    assert said(gate, intent(ours, "reply"), known) == ([("hold", "language")] if held else [])


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Yes. At three.", False),
        ("Yes. At three. Bring the papers.", True),
        ("Yes. At three. (more on Telegram)", False),
        ("It costs 3.50 today", False),
        ("x" * 321, True),
    ],
)
def test_under_the_overlay_an_answer_is_short(text: str, held: bool) -> None:
    known = facts(rules=replace(RELEASED, overlay=frozenset({"sms"})), thread=ASKED)
    assert said(gate, intent(text, "reply"), known) == ([("hold", "overlay")] if held else [])
    assert said(gate, intent(text, "reply"), facts(thread=ASKED)) == []
    assert said(gate, intent(text, "api"), known) == []


def test_sentences_are_counted_as_the_overlay_counts_them() -> None:
    rules = replace(RELEASED, overlay=frozenset({"sms"}), sentences=lambda text: text.count("!"))
    known = facts(rules=rules, thread=ASKED)
    assert said(gate, intent("Dr. No comes at 3 p.m. today. Be there!", "reply"), known) == []
    assert said(gate, intent("Yes! Yes! Yes!", "reply"), known) == [("hold", "overlay")]


def test_the_text_that_confirms_an_opt_out_is_in_any_script() -> None:
    contact = Contact(opt_outs=(OptOut(NOON, "sms"),))
    known = facts(
        contact=contact, thread=Thread(newest_in=NOON, newest_text="Перестаньте мне писать пожалуйста")
    )
    assert said(gate, intent("You are off the list from now on.", "optout_confirm"), known) == []

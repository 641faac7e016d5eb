import pytest

from openclaw.channels.whatsapp.cloud.forms import Form
from openclaw.channels.whatsapp.cloud.messages import (
    by_template,
    fits_buttons,
    message,
    parameter,
    reaction,
    with_file,
)
from openclaw.channels.whatsapp.config import Template
from openclaw.types.messages import Address, Button
from tests.channels.whatsapp.house import ANA, outbound
from tests.fake.whatsapp import BSUID

YES = Button("Yes", "/approve 42")


@pytest.mark.parametrize(
    ("chat", "whom"),
    [
        ("+12015550123", {"to": "+12015550123"}),
        ("12015550123", {"to": "+12015550123"}),
        ("US.900111222333", {"recipient": "US.900111222333"}),
    ],
)
def test_people_are_written_to_by_number_or_by_user_id(chat: str, whom: dict[str, str]) -> None:
    sent = message(outbound("hi", to=chat))

    assert {name: sent[name] for name in ("to", "recipient") if name in sent} == whom


def test_an_answer_may_quote() -> None:
    assert message(outbound("hi", quoted="wamid.1"))["context"] == {"message_id": "wamid.1"}
    assert "context" not in message(outbound("hi"))


def test_buttons_stand_below_the_text_with_titles_that_fit() -> None:
    sent = message(outbound("May I?", buttons=(YES, Button("Always, for this conversation", "/always"))))

    assert sent["type"] == "interactive"
    assert sent["interactive"]["body"] == {"text": "May I?"}
    titles = [button["reply"]["title"] for button in sent["interactive"]["action"]["buttons"]]
    assert titles == ["Yes", "Always, for this co…"]
    assert all(len(title) <= 20 for title in titles)


@pytest.mark.parametrize(
    ("text", "buttons"),
    [("x" * 1025, (YES,)), ("hi", (YES,) * 4), ("hi", ()), ("hi", (Button("Yes", "x" * 257),))],
)
def test_what_whatsapp_would_refuse_goes_without_buttons(text: str, buttons: tuple[Button, ...]) -> None:
    assert not fits_buttons(text, buttons)
    assert message(outbound(text, buttons=buttons))["type"] == "text"


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\n\nb\tc     d ", "a b c d"), ("x" * 1024, "x" * 1024), ("x" * 1025, "x" * 1023 + "…")],
)
def test_a_templates_parameter_is_one_line(text: str, line: str) -> None:
    assert parameter(text) == line
    body = by_template(outbound(text), Template(name="note", language="de"))
    assert body["template"]["components"][0]["parameters"] == [{"type": "text", "text": line}]
    assert body["template"]["language"] == {"code": "de"}


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (Form("image", "image/png"), {"id": "9", "caption": "hi"}),
        (Form("document", "application/pdf"), {"id": "9", "caption": "hi", "filename": "a.pdf"}),
        (Form("audio", "audio/ogg"), {"id": "9"}),
    ],
)
def test_a_file_is_shown_with_what_its_kind_may_say(form: Form, shown: dict[str, str]) -> None:
    sent = with_file(outbound("hi", quoted="wamid.1"), form, "9", "a.pdf")

    assert (sent["type"], sent[form.kind]) == (form.kind, shown)
    assert (sent["to"], sent["context"]) == (ANA, {"message_id": "wamid.1"})


def test_a_reaction_names_what_it_is_about() -> None:
    sent = reaction(Address("whatsapp", BSUID), "wamid.1", "👀")

    assert (sent["recipient"], sent["type"]) == (BSUID, "reaction")
    assert sent["reaction"] == {"message_id": "wamid.1", "emoji": "👀"}

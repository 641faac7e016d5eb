from collections.abc import Sequence

import pytest

from openclaw.agent.taint import FOREIGN, provenances
from openclaw.sessions.lines import decode
from openclaw.sessions.transcript import pair_tools
from openclaw.types.conversation import (
    AssistantMessage,
    Entry,
    Picture,
    Text,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from openclaw.web.openai.asking.conversation import (
    Answered,
    Asked,
    Instructed,
    Resulted,
    Said,
    Talk,
    called,
    talk,
    tidy,
)
from openclaw.web.openai.faults import ApiError

NOW = 1_795_228_142_000
CALL, OTHER = ToolCall("c_1", "set_lamp", {"on": True}), ToolCall("c_2", "set_lamp", {})


def of(*said: Said, known: bool = False, seed: str = "") -> Talk:
    return talk(said, known=known, seed=seed, now=NOW)


def entries(found: Talk) -> list[Entry]:
    read = [decode(line.encode()) for line in found.lines.splitlines()]
    return [entry for entry in read if entry is not None]


def test_the_newest_words_are_asked_and_the_rest_was_said_before() -> None:
    found = of(
        Instructed("Be brief."), Asked("Hi."), Answered("Yes?"), Asked("More?"), Instructed("In French.")
    )

    assert (found.words, found.instructions) == ("More?", "Be brief.\n\nIn French.")
    first, second = entries(found)
    assert isinstance(first, UserMessage)
    assert (first.text, first.provenance, first.at) == ("Hi.", "owner", NOW)
    assert isinstance(second, AssistantMessage)
    assert second.blocks == (Text("Yes?"),)


def test_of_a_conversation_that_we_know_only_what_follows_the_last_answer_is_new() -> None:
    found = of(Asked("Hi."), Answered("Yes?"), Asked("One."), Asked("Two."), known=True)

    assert found.words == "Two."
    assert [entry.text for entry in entries(found) if isinstance(entry, UserMessage)] == ["One."]


def test_the_newest_with_a_picture_is_more_than_words() -> None:
    picture = Picture("media/pictures/1f.png", "image/png")

    found = of(Asked("Hi."), Answered("Yes?"), Asked("Look.", "Ana", pictures=(picture,)))

    assert found.words == ""
    *_, newest = entries(found)
    assert isinstance(newest, UserMessage)
    assert (newest.text, newest.sender_name, newest.pictures) == ("Look.", "Ana", (picture,))
    assert len(entries(of(Asked("", pictures=(picture,))))) == 1


def test_results_are_one_message_and_need_no_words() -> None:
    found = of(Asked("Light!"), Answered("", (CALL, OTHER)), Resulted("c_1", "60 W"), Resulted("c_2", "off"))

    assert found.words == ""
    *_, results = entries(found)
    assert isinstance(results, ToolMessage)
    assert [(each.call_id, each.content) for each in results.results] == [("c_1", "60 W"), ("c_2", "off")]
    assert provenances([results]) <= FOREIGN
    assert pair_tools(entries(found))[1] == 0


def test_in_a_conversation_that_we_know_results_come_alone() -> None:
    (results,) = entries(of(Resulted("c_1", "60 W"), known=True))

    assert isinstance(results, ToolMessage)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "last message"),
        ([Instructed("Be brief.")], "last message"),
        ([Asked("Hi."), Answered("Yes?")], "last message"),
        ([Asked(" \n")], "empty"),
        ([Asked("Hi."), Resulted("c_1", "x")], "no call 'c_1' waits"),
        (
            [Asked("Hi."), Answered("", (CALL,)), Resulted("c_1", "x"), Resulted("c_1", "y")],
            "no call 'c_1' waits",
        ),
        ([Asked("Hi."), Answered("", (CALL, OTHER)), Resulted("c_1", "x")], "no result behind them: c_2"),
        ([Asked("Hi."), Answered("", (CALL,)), Asked("Well?")], "no result behind them: c_1"),
    ],
)
def test_what_no_provider_would_take_is_refused(said: Sequence[Said], why: str) -> None:
    with pytest.raises(ApiError, match=why) as refused:
        of(*said)

    assert refused.value.status == 400


def test_the_same_beginning_has_the_same_ids_and_another_request_of_a_session_others() -> None:
    short, longer = (
        of(Asked("Hi."), Answered("Yes?"), Asked("A")),
        of(Asked("Hi."), Answered("Yes?"), Asked("A"), Asked("B")),
    )
    first, second = (of(Asked("Hi."), Asked("Hi."), known=True, seed=seed) for seed in ("r_1", "r_2"))

    assert [entry.id for entry in entries(longer)][:2] == [entry.id for entry in entries(short)]
    assert entries(first)[0].id != entries(second)[0].id
    twice = entries(of(Asked("Hi."), Asked("Hi."), Asked("Hi.")))
    assert len({entry.id for entry in twice}) == 2


def test_blank_messages_are_left_out() -> None:
    assert entries(of(Asked(" "), Answered(""), Asked("Hi."))) == []


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        ('{"on": true}', CALL),
        ("", ToolCall("c_1", "set_lamp", {})),
        ("[1]", ToolCall("c_1", "set_lamp", {}, "[1]")),
        ('{"on": tru', ToolCall("c_1", "set_lamp", {}, '{"on": tru')),
        ("[" * 2000, ToolCall("c_1", "set_lamp", {}, "[" * 1000)),
        ('{"a":' * 252 + "1" + "}" * 252, ToolCall("c_1", "set_lamp", {}, ('{"a":' * 252)[:1000])),
    ],
)
def test_arguments_that_are_no_object_are_kept_as_they_were(arguments: str, call: ToolCall) -> None:
    assert called("c_1", "set_lamp", arguments) == call


def test_ids_are_made_fit_for_every_provider() -> None:
    assert tidy("call|x/7" + "y" * 80) == "call_x_7" + "y" * 56

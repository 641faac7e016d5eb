from dataclasses import replace
from xml.etree import ElementTree

import pytest

from openclaw.channels.voice.speaking.script import (
    HOUSE_LANGUAGE,
    Stage,
    Voice,
    announcement,
    farewell,
    script,
)
from openclaw.channels.voice.steps import Step
from openclaw.channels.voice.talk import RECORDED, Call, Move, Then

CALL = Call("CA1", "+12015550123", "+12015550100", outbound=False, began_at=1000, turn=4)
STAGE = Stage(
    Voice("hu-HU", "Polly.Dora"),
    "+12015550199",
    lambda step: f"https://h/{step.name}/{step.turn}/{step.began_at}",
)


def shown(move: Move, stage: Stage = STAGE) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(script(move, stage)))


def test_whoever_is_listened_to_may_interrupt() -> None:
    (gather,) = shown(Move(CALL, "listen", "Jó napot!"))

    assert (gather.tag, gather.attrib["action"]) == ("Gather", "https://h/heard/4/1000")
    assert [say.text for say in gather] == ["Jó napot!"]


def test_the_house_speaks_english_whatever_the_language_of_the_call() -> None:
    (gather,) = shown(Move(CALL, "listen", "Jó napot!", "This call is recorded."))

    own, house = gather
    assert own.attrib == {"language": "hu-HU", "voice": "Polly.Dora"}
    assert (house.text, house.attrib) == ("This call is recorded.", {"language": HOUSE_LANGUAGE})


def test_in_an_english_call_there_is_one_voice() -> None:
    stage = replace(STAGE, voice=Voice("en-AU", "Polly.Nicole"))
    (gather,) = shown(Move(CALL, "listen", "G'day", "This call is recorded."), stage)

    assert {say.attrib["voice"] for say in gather} == {"Polly.Nicole"}


@pytest.mark.parametrize(
    ("line", "tags"), [("One moment.", ["Say", "Redirect"]), ("", ["Pause", "Redirect"])]
)
def test_whoever_waits_is_sent_round_again(line: str, tags: list[str]) -> None:
    found = shown(Move(CALL, "hold", "", line))

    assert [element.tag for element in found] == tags
    assert found[-1].text == "https://h/wait/4/1000"


def test_whoever_is_put_through_hears_it_first_and_comes_back_if_it_fails() -> None:
    say, dial = shown(Move(CALL, "forward", "I put you through."))

    assert say.text == "I put you through."
    assert (dial.tag, dial.text) == ("Dial", "+12015550199")
    assert dial.attrib["action"] == "https://h/forwarded/4/1000"
    assert dial.attrib["callerId"] == "+12015550100"


@pytest.mark.parametrize(
    ("then", "stage"), [("hang_up", STAGE), ("forward", replace(STAGE, forward_to=None))]
)
def test_a_call_ends_after_its_last_words(then: Then, stage: Stage) -> None:
    assert [element.tag for element in shown(Move(CALL, then, "Goodbye."), stage)] == ["Say", "Hangup"]


def test_a_message_of_ours_goes_on_where_there_is_a_way_back() -> None:
    both = ElementTree.fromstring(announcement("Your taxi is there.", STAGE.voice, "https://h/voice/webhook"))
    alone = ElementTree.fromstring(announcement("Your taxi is there.", STAGE.voice, None))

    assert [element.tag for element in both] == ["Say", "Redirect"]
    assert [element.tag for element in alone] == ["Say", "Hangup"]


def test_a_farewell_is_english() -> None:
    say, end = ElementTree.fromstring(farewell("Please call again."))

    assert (say.text, say.attrib, end.tag) == ("Please call again.", {"language": HOUSE_LANGUAGE}, "Hangup")


def test_each_address_is_that_of_the_present_turn() -> None:
    seen: list[Step] = []

    def url(step: Step) -> str:
        seen.append(step)
        return "https://h/x"

    script(Move(CALL, "listen"), replace(STAGE, url=url))

    assert seen == [Step("heard", 4, 1000)]


def test_whom_we_call_and_record_is_told_before_anything_else() -> None:
    told, message, _ = ElementTree.fromstring(
        announcement("Jó napot!", STAGE.voice, "https://h", recorded=True)
    )

    assert (told.text, told.attrib) == (RECORDED, {"language": HOUSE_LANGUAGE})
    assert message.text == "Jó napot!"

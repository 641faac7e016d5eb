import pytest

from openclaw.gateway import notices
from openclaw.gateway.chunker import BlockRules
from openclaw.gateway.remainder import Pacer, Settled, pieces
from openclaw.store.streams import Delivered
from tests.gateway.scripted import NOW, ControlledClock

RULES = BlockRules(10, 30)


def settled(blocks: dict[int, str], rules: BlockRules | None = None) -> Settled:
    return Settled(Delivered(blocks, len(blocks)), rules)


@pytest.mark.parametrize(
    ("text", "blocks", "follows"),
    [
        ("All of it.", {}, ["All of it."]),
        ("All of it.", {0: "All of"}, [" it."]),
        ("All of it.", {0: "All of it."}, []),
        ("All of it.\n", {0: "All of it."}, []),
        ("All of it.", {0: "Something else"}, [f"{notices.ANEW}\n\nAll of it."]),
        ("", {0: "Something else"}, []),
    ],
)
def test_exactly_what_is_missing_follows(text: str, blocks: dict[int, str], follows: list[str]) -> None:
    assert pieces(text, 0, settled(blocks), marked=True) == follows


def test_what_was_said_before_a_tool_is_no_part_of_the_answer() -> None:
    assert pieces("Look, it is warm.", 1, settled({0: "Look"}), marked=True) == ["Look, it is warm."]
    assert pieces("Look, it is warm.", 1, settled({0: "Let me see.", 1: "Look"}), marked=True) == [
        ", it is warm."
    ]


def test_a_notice_says_by_itself_that_there_is_no_answer() -> None:
    assert pieces("I am sorry.", 0, settled({0: "It is"}), marked=False) == ["I am sorry."]


def test_the_rest_of_a_streamed_answer_comes_in_blocks_as_well() -> None:
    text = "The first part.\n\nThe second part.\n\nThe third part."

    assert pieces(text, 0, settled({0: "The first part.\n\n"}, RULES), marked=True) == [
        "The second part.\n\n",
        "The third part.",
    ]


def test_code_that_was_cut_is_begun_again_in_the_rest() -> None:
    sent = {0: "```python\na = 1\n"}

    assert pieces("```python\na = 1\nb = 2\n```", 0, settled(sent), marked=True) == ["```python\nb = 2\n```"]


def test_a_pause_lies_between_messages_but_not_before_the_first() -> None:
    clock = ControlledClock()
    pacer = Pacer(clock, 800, 800)

    assert [pacer.next(), pacer.next(), pacer.next()] == [None, NOW + 800, NOW + 1600]
    clock.advance(60)
    assert pacer.next() == NOW + 60_800


def test_without_pauses_everything_leaves_at_once() -> None:
    pacer = Pacer(ControlledClock())

    assert [pacer.next(), pacer.next()] == [None, None]

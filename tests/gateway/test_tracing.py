import pytest

from openclaw.gateway.tracing import KEPT, TraceBook, span
from openclaw.store.inbox import InboxRow
from openclaw.types.clock import iso
from openclaw.types.messages import Inbound, Sender
from tests.gateway.scripted import NOW, ControlledClock


def row(trace_id: str) -> InboxRow:
    event = Inbound("telegram", Sender("7"), "hi", 0)
    return InboxRow(
        1, "telegram:7", "telegram", "default", NOW, event, "accepted", "stranger", "", "", "run", trace_id
    )


def test_a_span_tells_when_how_long_and_what() -> None:
    assert span("send", NOW, 1.23456, ok=True) == {"name": "send", "at": iso(NOW), "ms": 1.235, "ok": True}


def test_a_timed_span_lasts_as_long_as_its_block_and_holds_what_was_found() -> None:
    clock = ControlledClock()
    trace = TraceBook(clock).begin("t_1", NOW, "telegram", "telegram:7")

    with trace.timed("llm", model="m") as facts:
        clock.advance(1.5)
        facts["output"] = 10

    assert trace.record("answered", "", "k").spans == [
        {"name": "llm", "at": iso(NOW), "ms": 1500.0, "model": "m", "output": 10}
    ]


def test_what_failed_is_a_fact_of_its_span() -> None:
    trace = TraceBook(ControlledClock()).begin("t_1", NOW, "telegram", "telegram:7")

    with pytest.raises(KeyError), trace.timed("model"):
        raise KeyError
    with pytest.raises(ValueError, match="no such"), trace.timed("model"):
        raise ValueError("no such model")

    assert [item["error"] for item in trace.record("dead", "", None).spans] == ["KeyError", "no such model"]


def test_a_record_hands_over_what_was_collected_and_begins_anew() -> None:
    trace = TraceBook(ControlledClock()).begin("t_1", NOW, "telegram", "telegram:7")
    trace.add("queued", 3)

    first, second = trace.record("paused", "stopped", "k"), trace.record("answered", "", "k")

    assert [item["name"] for item in first.spans] == ["queued"]
    assert (second.spans, second.id, second.at, second.event) == ([], "t_1", NOW, "telegram:7")


def test_an_events_trace_is_found_until_it_is_closed() -> None:
    book = TraceBook(ControlledClock())
    begun = book.begin("t_1", NOW, "telegram", "telegram:7")
    assert book.find(row("t_1")) is begun

    book.close("t_1")
    book.close("t_1")

    assert book.find(row("t_1")) is not begun


@pytest.mark.parametrize(
    ("opened_at", "restarted"),
    [(NOW + 1, True), (NOW, None)],
    ids=["by an earlier life", "by the house itself, a subagent's result for instance"],
)
def test_a_trace_that_no_channel_began_here_says_where_it_was_begun(
    opened_at: int, restarted: bool | None
) -> None:
    spans = TraceBook(ControlledClock(opened_at)).find(row("t_1")).record("answered", "", "k").spans

    assert [(item["name"], item.get("sender"), item.get("restarted")) for item in spans] == [
        ("received", "7", None),
        ("stored", None, restarted),
    ]


def test_the_book_is_bounded() -> None:
    book = TraceBook(ControlledClock())
    first = book.begin("first", NOW, "telegram", "k")
    for number in range(KEPT):
        book.begin(f"t_{number}", NOW, "telegram", "k")

    assert book.find(row("first")) is not first


def test_a_trace_is_found_by_its_id_as_long_as_its_event_is_under_way() -> None:
    book = TraceBook(ControlledClock())
    trace = book.begin("t_1", 0, "telegram", "telegram:1")

    assert book.under_way("t_1") is trace
    assert book.under_way("t_2") is None
    book.close("t_1")
    assert book.under_way("t_1") is None

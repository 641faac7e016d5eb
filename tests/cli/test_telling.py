import sys
from typing import Any

import pytest

from openclaw.cli.telling import RunFailedError, Telling, stopped


def assistant(**data: Any) -> tuple[str, dict[str, Any]]:
    return "agent", {"runId": "r1", "stream": "assistant", "data": data}


def final(text: str) -> tuple[str, dict[str, Any]]:
    message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
    return "chat", {"runId": "r1", "state": "final", "message": message if text else None}


WRITTEN = {
    "deltas, then the same text": (
        [assistant(delta="Hel"), assistant(delta="lo."), final("Hello.")],
        "Hello.\n",
    ),
    "nothing was streamed": ([final("Hello.")], "Hello.\n"),
    "the end of the stream was lost": ([assistant(delta="Hel"), final("Hello.")], "Hello.\n"),
    "the middle of the stream was lost": ([assistant(delta="Ho."), final("Hello.")], "Ho.\nHello.\n"),
    "the reply was withdrawn": (
        [
            assistant(delta="Hel"),
            assistant(delta="", text="", replace=True),
            assistant(delta="Hi."),
            final("Hi."),
        ],
        "Hel\nHi.\n",
    ),
    "a reply that ends in a new line": ([assistant(delta="Hi.\n"), final("Hi.")], "Hi.\n"),
    "a silent answer": ([final("")], ""),
    "control characters": ([final("a\x1b[2Jb")], "a�[2Jb\n"),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_the_terminal_shows_the_final_text_once(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    frames, shown = WRITTEN[case]
    telling = Telling("r1")
    ends = [telling.see(*frame) for frame in frames]
    assert capsys.readouterr().out == shown
    assert ends[:-1] == [None] * (len(frames) - 1)
    assert ends[-1] is not None


def test_other_runs_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert Telling("r2").see(*final("not yours")) is None
    assert capsys.readouterr().out == ""


def test_a_paused_run_is_told_at_once() -> None:
    paused = {
        "runId": "r1",
        "stream": "lifecycle",
        "data": {"phase": "paused", "text": "No model answers now."},
    }
    with pytest.raises(RunFailedError, match="No model answers now"):
        Telling("r1").see("agent", paused)


@pytest.mark.parametrize(
    ("runs", "told"), [([], "Nothing was under way.\n"), (["r1", "r2"], "Stopped: 2.\n")]
)
def test_a_word_for_stopping_is_told_at_once(
    capsys: pytest.CaptureFixture[str], runs: list[str], told: str
) -> None:
    answer = {"ok": True, "aborted": bool(runs), "runIds": runs}
    assert stopped(answer, quiet=False).text == told.strip()
    assert capsys.readouterr().out == told
    stopped(answer, quiet=True)
    assert capsys.readouterr().out == ""


def test_what_takes_long_is_told_between_lines_of_the_answer_and_leaves_no_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    update = {"phase": "update", "name": "exec", "toolCallId": "c1", "elapsedMs": 3_000}
    work = {"phase": "begun", "title": "Summing up", "startedAt": 0, "ts": 4_000}
    telling = Telling("r1")
    telling.see("agent", {"runId": "r1", "sessionKey": "k", "stream": "tool", "data": update})
    telling.see("work", {**work, "sessionKey": "k"})
    telling.see("work", {**work, "sessionKey": "another", "title": "Theirs"})
    telling.see(*assistant(delta="Hel"))
    telling.see("work", {**work, "title": "Too late"})
    telling.see(*final("Hello."))

    written = capsys.readouterr()
    assert written.out == "Hello.\n"
    assert "exec · 3 s" in written.err
    assert "Summing up · 4 s" in written.err
    assert "Theirs" not in written.err
    assert "Too late" not in written.err
    assert written.err.endswith("\r\x1b[K")

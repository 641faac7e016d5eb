import json
from pathlib import Path

import pytest

from openclaw.cli.sessions import as_text
from openclaw.cli.tables import clock
from tests.cli.gateway import Terminal, running
from tests.web.fake_house import FakeDesk


def test_sessions_are_listed_shown_and_reset(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        rows = json.loads(terminal.run("sessions", "list", "--json")[1])
        assert terminal.lines("sessions", "list", "--search", "group")[0].startswith(
            "agent:main:telegram:group:-100\t"
        )
        assert terminal.lines("sessions", "show")[1] == f"{clock('2026-02-27T09:00:00.000Z')} user: hello"
        assert terminal.lines("sessions", "reset", "main") == ["main begins anew as ses_9"]

        async def reply(desk: FakeDesk, run_id: str) -> None:
            await desk.end(run_id, "There is nothing to sum up yet.")

        plane.house.desk.reply = reply
        assert terminal.lines("sessions", "compact", "--keep", "the numbers") == [
            "There is nothing to sum up yet."
        ]
        assert plane.house.desk.questions[-1].message == "/compact the numbers"
        assert json.loads(terminal.run("sessions", "compact", "main", "--json")[1])["compacted"] is False
        assert terminal.run("sessions", "show", "nobody")[0] == 1

    assert [row["key"] for row in rows] == ["agent:main:main", "agent:main:telegram:group:-100"]


def test_a_session_can_be_kept_elsewhere(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    terminal, kept = Terminal(capsys), tmp_path / "main.md"
    with running(state_dir, monkeypatch):
        told = terminal.lines("sessions", "export", "-o", str(kept))
        again = terminal.run("sessions", "export", "-o", str(kept))
        lines = json.loads(terminal.run("sessions", "export", "main", "--json")[1])

    assert told == [f"{kept} holds 1 lines of agent:main:main"]
    assert kept.read_text() == f"# agent:main:main\n\n**{clock('2026-02-27T09:00:00.000Z')} user**\n\nhello\n"
    assert kept.stat().st_mode & 0o077 == 0
    assert (again[0], "cannot be written: File exists" in again[2]) == (1, True)
    assert [line["content"] for line in lines] == ["hello"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({"type": "session", "id": "ses_1"}, ""),
        ({"type": "compaction", "summary": "They spoke of Sydney."}, "[summary] They spoke of Sydney."),
        ({"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}]}, " assistant: "),
        (
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "name": "get_weather", "input": {"a": 1}}],
            },
            " assistant: [calls get_weather {'a': 1}]",
        ),
        ({"role": "tool", "content": [{"type": "tool_result", "content": "22"}]}, " tool: [result] 22"),
        (
            {
                "role": "tool",
                "content": [
                    {
                        "type": "tool_result",
                        "content": [
                            {"type": "text", "text": "a dot"},
                            {"type": "image", "source": {"type": "file", "path": "media/pictures/1f.png"}},
                        ],
                    }
                ],
            },
            " tool: [result] a dot\n[picture media/pictures/1f.png]",
        ),
        ({"role": "user", "content": "\x1b]0;owned\x07hi"}, " user: �]0;owned�hi"),
    ],
)
def test_a_line_reads_as_text(line: dict[str, object], text: str) -> None:
    assert as_text(line) == text

import json
from pathlib import Path

import pytest

from openclaw.cli.cron import told
from tests.cli.gateway import Terminal, no_gateway, running


def test_jobs_are_made_listed_switched_and_removed(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        jobs = plane.house.desk.kept_jobs
        assert terminal.lines("cron", "list") == ["There are no jobs."]
        assert terminal.lines(
            "cron", "add", "--name", "Call Ana", "--at", "in 20 minutes", "--text", "call Ana"
        ) == ["job_1 (Call Ana): it is off"]
        assert jobs.jobs["job_1"]["schedule"] == {"kind": "at", "at": "in 20 minutes"}
        listed = json.loads(terminal.run("cron", "list", "--json")[1])
        assert (listed["version"], [job["id"] for job in listed["jobs"]]) == (1, ["job_1"])
        assert terminal.lines("cron", "list") == ["job_1\tCall Ana\tat in 20 minutes\t-\t-\tyes"]
        assert terminal.lines("cron", "disable", "job_1") == ["job_1 is off: not due"]
        assert jobs.jobs["job_1"]["enabled"] is False
        assert terminal.lines("cron", "list", "--enabled") == ["There are no jobs."]
        assert terminal.lines("cron", "enable", "job_1") == ["job_1 is on: not due"]
        assert terminal.lines("cron", "status") == ["on; 1 jobs, 0 run; next: -"]
        assert json.loads(terminal.run("cron", "status", "--json")[1])["jobs"] == 1
        assert terminal.lines("cron", "remove", "job_1") == ["job_1 is removed"]
        code, _, err = terminal.run("cron", "remove", "job_1")
        assert (code, "there is no job 'job_1'" in err) == (1, True)


def test_a_job_is_run_and_its_runs_are_read(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(capsys)
    with running(state_dir, monkeypatch) as plane:
        terminal.run("cron", "add", "--every", "1h", "--message", "look")
        assert terminal.lines("cron", "run", "job_1") == ["job_1 is begun: openclaw cron runs job_1"]
        code, out, _ = terminal.run("cron", "run", "job_1", "--due")
        assert (code, out) == (1, "job_1 is not begun: not-due\n")
        assert json.loads(terminal.run("cron", "run", "job_1", "--json")[1])["ran"] is True
        assert terminal.lines("cron", "runs") == ["Nothing has run yet."]
        run = {
            "jobId": "job_1",
            "runAtMs": 0,
            "status": "ok",
            "durationMs": 1200,
            "summary": "All\x1b quiet.",
        }
        plane.house.desk.kept_jobs.log = [run]
        lines = terminal.lines("cron", "runs", "job_1")
        assert lines[0].split("\t")[1:] == ["job_1", "ok", "1200", "-", "-"]
        assert lines[-1] == "All� quiet."
        assert json.loads(terminal.run("cron", "runs", "--json")[1])[0]["jobId"] == "job_1"


@pytest.mark.parametrize(
    ("words", "job"),
    [
        (["--every", "2h", "--message", "look", "--model", "haiku", "--thinking", "low", "--timeout", "60"],
         {"schedule": {"every": "2h"}, "delivery": {"mode": "announce"},
          "payload": {"kind": "agentTurn", "message": "look", "model": "haiku", "thinking": "low",
                      "timeoutSeconds": 60.0}}),
        (["--cron", "0 * * * *", "--tz", "local", "--exact", "--text", "x", "--session", "main", "--disabled"],
         {"schedule": {"kind": "cron", "expr": "0 * * * *", "tz": "local", "staggerMs": 0}, "sessionTarget": "main",
          "payload": {"kind": "systemEvent", "text": "x"}, "delivery": {"mode": "announce"}, "enabled": False}),
        (["--at", "18:30", "--text", "x", "--channel", "telegram", "--to", "1", "--agent", "aurora", "--keep"],
         {"schedule": {"kind": "at", "at": "18:30"}, "payload": {"kind": "systemEvent", "text": "x"},
          "delivery": {"mode": "announce", "channel": "telegram", "to": "1"}, "agentId": "aurora",
          "deleteAfterRun": False}),
        (["--at", "18:30", "--message", "x", "--webhook", "--to", "https://example.org/x"],
         {"schedule": {"kind": "at", "at": "18:30"}, "payload": {"kind": "agentTurn", "message": "x"},
          "delivery": {"mode": "webhook", "to": "https://example.org/x"}}),
        (["--at", "18:30", "--message", "x", "--no-deliver"],
         {"schedule": {"kind": "at", "at": "18:30"}, "payload": {"kind": "agentTurn", "message": "x"},
          "delivery": {"mode": "none"}}),
    ],
)  # fmt: skip
def test_the_options_make_a_job(
    state_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    job: dict[str, object],
) -> None:
    house = no_gateway(state_dir, monkeypatch)
    code, out, err = Terminal(capsys).run("cron", "add", *words, "--json")
    assert code == 0, err
    kept = house.desk.kept_jobs.jobs["job_1"]
    given = {name: kept[name] for name in kept if name not in {"id", "name", "state"}}
    assert given == {"enabled": True, **job}
    assert json.loads(out)["id"] == "job_1"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--text", "x"], "say when, in one way"),
        (["--at", "18:30", "--every", "1h", "--text", "x"], "say when, in one way"),
        (["--at", "18:30"], "say what"),
        (["--at", "18:30", "--text", "x", "--message", "y"], "say what"),
        (["--at", "18:30", "--text", "x", "--model", "haiku"], "go with --message"),
    ],
)
def test_what_is_missing_is_asked_for(
    state_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    complaint: str,
) -> None:
    no_gateway(state_dir, monkeypatch)
    code, _, err = Terminal(capsys).run("cron", "add", *words)
    assert (code, complaint in err) == (2, True), err


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"kind": "every", "everyMs": 1_800_000}, "every 30 min"),
        ({"kind": "every", "everyMs": 45_000}, "every 45 s"),
        ({"kind": "cron", "expr": "0 9 * * *", "tz": "Europe/Madrid"}, "0 9 * * * Europe/Madrid"),
    ],
)
def test_a_schedule_is_told_in_short(schedule: dict[str, object], words: str) -> None:
    assert told(schedule) == words

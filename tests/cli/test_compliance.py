import hashlib
import json
from pathlib import Path

import pytest

from tests.cli.gateway import Terminal, running

THEIRS = "+12015550123"


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_it_explains_what_each_gate_says(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    with running(state_dir, monkeypatch):
        lines = terminal.lines("compliance", "explain", THEIRS, "Hello", "--purpose", "campaign")
        told = json.loads(terminal.run("compliance", "explain", THEIRS, "Hello", "--json")[1])
        wrong = terminal.run("compliance", "explain", "555", "Hello")

    assert [line.split("\t")[:3] for line in lines[:3]] == [
        ["ten-dlc", "block", "b14_unknown"],
        ["gate-computer", "allow", "-"],
        ["compliance-gate", "block", "no_consent"],
    ]
    told_why = [line.split(": ")[0] for line in lines if line.startswith("  ")]
    assert told_why == ["  b14_unknown", "  no_consent", "  missing_disclosure"]
    assert lines[-1] == f"{THEIRS}: block by ten-dlc (b14_unknown)"
    assert (told["outcome"], len(told["gates"])) == ("block", 6)
    assert wrong[0] == 1
    assert "+12015550123" in wrong[2]


def test_a_consent_is_recorded_and_listed(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal, tmp_path: Path
) -> None:
    proof = tmp_path / "form.pdf"
    proof.write_bytes(b"signed")
    with running(state_dir, monkeypatch) as plane:
        said = terminal.lines(
            "compliance", "consent", THEIRS, "--kind", "PEWC", "--source", "form", "--by", "ana", "--evidence",
            str(proof),
        )  # fmt: skip
        listed = terminal.lines("compliance", "consent", THEIRS)
        as_json = json.loads(terminal.run("compliance", "consent", "--json")[1])
        (event,) = plane.house.desk.kept_compliance.recorded

    assert said == [f"{THEIRS}: PEWC is recorded (cmp_1)"]
    assert event.evidence["sha256"] == hashlib.sha256(b"signed").hexdigest()
    assert event.evidence["file"] == "form.pdf"
    assert listed[0].split("\t")[1:3] == ["PEWC", THEIRS]
    assert as_json[0]["madeBy"] == "ana"


@pytest.mark.parametrize(
    "words", [["--kind", "PEC", "--source", "x"], [THEIRS, "--kind", "PEC"], [THEIRS, "--kind", "opt_in"]]
)
def test_a_record_needs_a_number_and_a_source(
    words: list[str], state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    with running(state_dir, monkeypatch) as plane:
        assert terminal.run("compliance", "consent", *words)[0] == 2
        assert plane.house.desk.kept_compliance.recorded == []


def test_a_release_is_signed(state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    with running(state_dir, monkeypatch) as plane:
        assert terminal.lines("compliance", "signoff", "--by", "ana", "--note", "checked") == [
            "all numbers: signed off by ana (cmp_1)"
        ]
        done = json.loads(
            terminal.run("compliance", "signoff", "--by", "ana", "--campaign", "spring", "--json")[1]
        )
        assert done["kind"] == "campaign_approved"
        assert [event.said for event in plane.house.desk.kept_compliance.recorded] == ["checked", ""]


def test_the_log_of_verdicts_may_be_empty(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
) -> None:
    with running(state_dir, monkeypatch):
        assert terminal.lines("compliance", "log") == ["Nothing has been checked yet."]
        assert json.loads(terminal.run("compliance", "log", "--json")[1]) == []

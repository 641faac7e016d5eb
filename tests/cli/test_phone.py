import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw.types.sending import Verdict
from tests.cli.gateway import Terminal, running
from tests.gateway.phone.switchboard import ADA, BEN, Telephone
from tests.gateway.scripted import NOW


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


@pytest.fixture
def telephone(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Telephone]:
    telephone = Telephone(state_dir)
    with running(state_dir, monkeypatch) as plane:
        plane.house.desk.telephone = telephone.desk
        yield telephone


def test_numbers_are_listed_added_and_removed(terminal: Terminal, telephone: Telephone) -> None:
    assert terminal.lines("phone", "numbers", "list")[0].startswith("No number is authorised")
    assert terminal.lines("phone", "numbers", "add", "+1 (201) 555-0123") == [f"{ADA} is authorised"]
    assert terminal.lines("phone", "numbers", "add", ADA) == [f"{ADA} is authorised already"]
    (row,) = json.loads(terminal.run("phone", "numbers", "list", "--json")[1])
    assert row == {"number": ADA, "addedAt": "2026-02-27T09:00:00.000Z", "by": "command line"}
    assert terminal.lines("phone", "numbers", "list")[0].startswith(f"{ADA}\t")
    assert terminal.lines("phone", "numbers", "remove", ADA) == [f"{ADA} is no longer authorised"]
    assert terminal.lines("phone", "numbers", "remove", ADA) == [f"{ADA} was not authorised"]
    code, _, err = terminal.run("phone", "numbers", "add", "5550123")
    assert (code, "E.164" in err) == (1, True)


def test_a_text_or_a_call_tells_what_became_of_it(terminal: Terminal, telephone: Telephone) -> None:
    (line,) = terminal.lines("phone", "sms", BEN, "Confirmed for nine.")
    assert line == f"{telephone.gates.drafts[0].id} is on its way"
    assert telephone.gates.drafts[0].part.text == "Confirmed for nine."
    telephone.gates.will("deferred", Verdict("defer", "compliance-gate", "quiet_hours", NOW))
    assert "waits until 2026-02-27T09:00:00.000Z" in terminal.lines("phone", "call", BEN)[0]
    telephone.gates.will("held", Verdict("hold", "blast-safety", "too_long"), "mitorake")
    assert terminal.lines("phone", "call", BEN, "hi")[0].endswith("openclaw approvals approve mitorake")
    assert json.loads(terminal.run("phone", "sms", BEN, "hi", "--json")[1])["approvalId"] == "mitorake"
    telephone.gates.will("refused", Verdict("block", "ten-dlc", "b14_denied"))
    code, _, err = terminal.run("phone", "sms", BEN, "hi")
    assert code == 1
    assert err.startswith("openclaw: not sent: the carriers have refused the registration of our number")
    assert err.endswith("(ten-dlc: b14_denied)\n")

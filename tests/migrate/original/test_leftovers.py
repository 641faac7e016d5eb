from pathlib import Path

from openclaw.migrate.opening import Folder
from openclaw.migrate.original.leftovers import report_leftovers
from openclaw.migrate.records import Findings, FoundFolder, Home
from tests.migrate.houses import put


def test_everything_that_stays_says_why(tmp_path: Path) -> None:
    for name in ("memory/main.sqlite", "never-heard-of", "credentials/oauth.json", "credentials/whatsapp/x"):
        put(tmp_path / name, "")
    for name in (
        "openclaw.json",
        "openclaw.json.bak",
        "credentials/telegram-allowFrom.json",
        "workspace-b/x",
    ):
        put(tmp_path / name, "")
    findings = Findings(Home("openclaw", tmp_path))
    findings.folders.append(FoundFolder("workspace of b", tmp_path / "workspace-b", "", "workspace-b"))

    report_leftovers(Folder(tmp_path), findings)

    assert {each.what: each.why for each in findings.told} == {
        "memory": "the index is made anew from the memory files",
        "never-heard-of": "it is not known here",
        "credentials/oauth.json": "a login belongs to the program that was logged in",
        "credentials/whatsapp": "a login of WhatsApp Web; here it is the Business Cloud API",
    }

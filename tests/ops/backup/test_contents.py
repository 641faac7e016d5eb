from pathlib import Path

import pytest

from openclaw.ops.backup.contents import Kind, Premises, _is_plain, kind_of, links, walk, workspace_kind


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("agents/main/sessions/sessions.json", "kept"),
        ("agents/main/sessions/ses_1.jsonl.reset.2026", "kept"),
        ("agents/main/agent/auth-profiles.json", "secret"),
        ("credentials/telegram-pairing.json", "kept"),
        ("credentials/telegram-allowFrom.json", "kept"),
        ("credentials/gateway-token", "secret"),
        ("credentials/sub/telegram-pairing.json", "secret"),
        ("devices/paired.json", "secret"),
        (".env", "secret"),
        ("workspace/app/.env.local", "secret"),
        ("workspace/MEMORY.md", "kept"),
        ("workspace-aurora/MEMORY.md", "kept"),
        ("workspace/logs/a.log", "kept"),
        ("workspace/.MEMORY.md.0a1b2c3d.tmp", "derived"),
        ("media/inbound/a.jpg", "media"),
        ("streams/sms.jsonl", "kept"),
        ("vault/event/2026-02-27/a.md", "kept"),
        ("phone/authorized-numbers.json", "kept"),
        ("logs/gateway.log", "derived"),
        ("memory/index.sqlite", "derived"),
        ("backups/ledger/x.sqlite", "derived"),
        ("ledger.sqlite-wal", "derived"),
        ("ledger.sqlite.damaged-20260227T120000Z", "derived"),
        ("before-restore-20260227T120000Z/workspace/a", "derived"),
        ("daemon.lock", "derived"),
        ("telegram-token", "unknown"),
        ("extra/anything", "unknown"),
    ],
)
def test_a_file_is_known_by_its_place(name: str, expected: Kind) -> None:
    assert kind_of(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("logs/a", "kept"), ("sub/.env", "secret"), (".a.b.tmp", "derived")]
)
def test_in_a_workspace_elsewhere_all_but_its_secrets_is_kept(name: str, expected: Kind) -> None:
    assert workspace_kind(name) == expected


def test_every_file_is_met_once_but_for_the_config_and_links(tmp_path: Path) -> None:
    state, outside = tmp_path / "state", tmp_path / "desk"
    for name in ("openclaw.json", "agents/a", "keys/telegram", "logs/x", "workspace/b"):
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).touch()
    outside.mkdir()
    (outside / "SOUL.md").touch()
    (state / "workspace/out").symlink_to(outside)
    (state / "agents/link").symlink_to("/etc/passwd")
    premises = Premises(
        state, state / "openclaw.json", {"aurora": outside}, frozenset({state / "keys/telegram"})
    )

    assert [(item.name, kind) for item, kind in walk(premises)] == [
        ("state/agents/a", "kept"),
        ("state/keys/telegram", "secret"),
        ("state/workspace/b", "kept"),
        ("workspaces/aurora/SOUL.md", "kept"),
    ]
    assert links(premises) == [str(state / "agents/link"), str(state / "workspace/out")]


def test_a_file_that_goes_while_its_folder_is_read_is_none(tmp_path: Path) -> None:
    """SQLite's log beside a ledger comes and goes."""
    assert not _is_plain(tmp_path / "ledger.sqlite-wal")
    assert not _is_plain(tmp_path)

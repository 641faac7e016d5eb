from pathlib import Path
from typing import Any

import pytest

from openclaw.doctor.audit.conduct import commanding, contradicting, entered, handed, running, sharing
from openclaw.doctor.finding import Put
from openclaw.doctor.people import entrances
from openclaw.settings.model import Settings

STATE = Path("/state")
FULL = {"toolsBySender": {"*": {"profile": "full"}}}


def settings(**tree: Any) -> Settings:
    return Settings.model_validate(tree)


def bot(**more: Any) -> dict[str, Any]:
    return {"channels": {"telegram": {"botToken": "x", **more}}}


def ids(findings: Any) -> list[tuple[str, str]]:
    return [(each.id, each.level) for each in findings]


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        (bot(), []),
        (bot(dmPolicy="open"), [("channels.telegram.dm.open", "error")]),
        (bot(allowFrom=["*"]), [("channels.telegram.dm.open", "error")]),
        (bot(groupPolicy="open"), [("channels.telegram.groups.open", "error")]),
        (bot(groupPolicy="open", groups={"-100": {}}), [("channels.telegram.groups.open", "warn")]),
        ({"channels": {"salesmsg": {}}}, [("channels.salesmsg.dm.open", "info")]),
    ],
)
def test_open_entrances(tree: dict[str, Any], told: list[tuple[str, str]]) -> None:
    (entrance,) = entrances(settings(**tree))

    assert ids(entered(entrance)) == told


def test_open_groups_of_an_account_are_shut_at_their_own_key() -> None:
    accounts = {"work": {"botToken": "y", "groupPolicy": "open"}}
    _, work = entrances(settings(**bot(accounts=accounts)))

    (finding,) = entered(work)

    assert finding.mend == Put(("channels", "telegram", "accounts", "work", "groupPolicy"), "allowlist")


@pytest.mark.parametrize(
    ("tree", "known", "told"),
    [
        (bot(dmPolicy="open"), False, []),
        ({**bot(dmPolicy="open"), "tools": FULL}, False, ["security.exposure.open_channels_with_exec"]),
        ({**bot(), "tools": FULL}, False, []),
        ({**bot(), "tools": FULL}, True, ["tools.members_with_exec"]),
        (bot(), True, []),
        (
            bot(groupPolicy="open", groups={"*": {"tools": {"profile": "coding"}}}),
            False,
            ["security.exposure.open_groups_with_runtime_or_fs"],
        ),
        (bot(groupPolicy="open"), False, []),
    ],
)
def test_what_others_may_have_done(tree: dict[str, Any], known: bool, told: list[str]) -> None:
    found = settings(**tree)
    (entrance,) = entrances(found)

    assert [name for name, _ in ids(handed(entrance, found, STATE, known=known))] == told


TWO = {"channels.telegram": frozenset({"5", "6"})}


@pytest.mark.parametrize(
    ("tree", "by_code", "told"),
    [
        (bot(), {}, []),
        (bot(), TWO, ["channels.telegram.dm.scope_main_multiuser"]),
        ({**bot(), "session": {"dmScope": "per-peer"}}, TWO, []),
        (
            {**bot(), "session": {"dmScope": "per-peer"}, "tools": {"exec": {"host": "gateway"}}},
            TWO,
            ["security.trust_model.multi_user_heuristic"],
        ),
    ],
)
def test_people_who_meet_in_one_place(
    tree: dict[str, Any], by_code: dict[str, frozenset[str]], told: list[str]
) -> None:
    assert [name for name, _ in ids(sharing(settings(**tree), by_code))] == told


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({}, []),
        ({"commands": {"ownerAllowFrom": ["telegram:1", "*"]}}, ["commands.owner_wildcard"]),
        ({"commands": {"useAccessGroups": False}}, ["commands.access_groups_off"]),
        ({"commands": {"useAccessGroups": False, "allowFrom": {"*": ["1"]}}}, []),
        ({"commands": {"config": True}}, ["commands.config_in_chat"]),
        ({"channels": {"sms": {"fromNumber": "+12015550100"}}}, ["channels.sms.bootstrap_trust"]),
        ({"channels": {"sms": {"fromNumber": "+12015550100", "bootstrapTrust": False}}}, []),
    ],
)
def test_who_commands(tree: dict[str, Any], told: list[str]) -> None:
    assert [name for name, _ in ids(commanding(settings(**tree)))] == told


@pytest.mark.parametrize(
    ("tools", "told"),
    [
        ({}, []),
        ({"exec": {"host": "gateway", "ask": "always"}}, ["tools.exec.host_gateway"]),
        ({"exec": {"host": "gateway"}}, ["tools.exec.host_gateway", "tools.exec.security_full_configured"]),
        ({"exec": {"safeBins": ["jq", "python3"]}}, ["tools.exec.safe_bins_interpreter_unprofiled"]),
        ({"exec": {"safeBins": ["git"], "safeBinProfiles": {"git": {"flags": ["--version"]}}}}, []),
        ({"fs": {"workspaceOnly": False}}, ["tools.fs.workspace_only_off"]),
    ],
)
def test_how_tools_run(tools: dict[str, Any], told: list[str]) -> None:
    assert [name for name, _ in ids(running(settings(tools=tools)))] == told


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({}, []),
        ({"tools": {"deny": ["write"]}}, ["tools.exec.fs_tools_disabled_but_exec_enabled"]),
        ({"tools": {"deny": ["group:fs", "exec"]}}, []),
        (
            {
                "tools": {"profile": "minimal"},
                "agents": {"list": [{"id": "a", "tools": {"profile": "full"}}]},
            },
            ["tools.profile_minimal_overridden"],
        ),
        ({"tools": {"profile": "minimal"}, "agents": {"list": [{"id": "a"}]}}, []),
        (
            {"tools": {"exec": {"safeBinTrustedDirs": ["/usr/bin", "/tmp/bin"]}}},
            ["tools.exec.safe_bin_trusted_dirs_risky"],
        ),
        ({"tools": {"exec": {"safeBinTrustedDirs": ["bin"]}}}, ["tools.exec.safe_bin_trusted_dirs_risky"]),
    ],
)
def test_rules_that_do_not_do_what_they_seem_to(tree: dict[str, Any], told: list[str]) -> None:
    assert [name for name, _ in ids(contradicting(settings(**tree), STATE))] == told

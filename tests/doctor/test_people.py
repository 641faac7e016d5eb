import json
from pathlib import Path
from typing import Any

import pytest

from openclaw.doctor.people import entrances, may_use, paired, sharing_main
from openclaw.settings.model import Settings


def settings(**tree: Any) -> Settings:
    return Settings.model_validate(tree)


def telegram(**more: Any) -> dict[str, Any]:
    return {"channels": {"telegram": {"botToken": "x", **more}}}


@pytest.mark.parametrize(
    ("config", "is_open"),
    [
        ({}, False),
        ({"dmPolicy": "open"}, True),
        ({"allowFrom": ["*"]}, True),
        ({"allowFrom": ["*"], "dmPolicy": "disabled"}, False),
        ({"allowFrom": ["821071206"], "dmPolicy": "allowlist"}, False),
    ],
)
def test_an_entrance_is_open_when_anybody_is_answered(config: dict[str, Any], is_open: bool) -> None:
    (entrance,) = entrances(settings(**telegram(**config)))

    assert entrance.is_open is is_open


def test_every_account_of_every_channel_is_an_entrance() -> None:
    found = entrances(
        settings(
            channels={
                "telegram": {"botToken": "x", "accounts": {"work": {"botToken": "y"}}},
                "whatsapp": {"phoneNumberId": "1"},
                "sms": {"fromNumber": "+12015550100"},
                "voice": {"fromNumber": "+12015550100", "inboundPolicy": "open"},
                "salesmsg": {},
                "quo": {"dmPolicy": "pairing"},
            }
        )
    )

    assert {each.place: (each.policy, each.policy_key) for each in found} == {
        "channels.telegram": ("pairing", "channels.telegram.dmPolicy"),
        "channels.telegram.accounts.work": ("pairing", "channels.telegram.accounts.work.dmPolicy"),
        "channels.whatsapp": ("pairing", "channels.whatsapp.dmPolicy"),
        "channels.sms": ("stream", "channels.sms.dmPolicy"),
        "channels.salesmsg": ("open", "channels.salesmsg.dmPolicy"),
        "channels.quo": ("pairing", "channels.quo.dmPolicy"),
        "channels.voice": ("open", "channels.voice.inboundPolicy"),
    }


def test_who_was_let_in_by_a_code_is_read_and_a_broken_list_is_empty(tmp_path: Path) -> None:
    (entrance,) = entrances(settings(**telegram()))
    file = tmp_path / "telegram-allowFrom.json"

    assert paired(tmp_path, entrance) == frozenset()
    file.write_text(json.dumps({"version": 1, "allowFrom": ["5", 6]}))
    assert paired(tmp_path, entrance) == {"5", "6"}
    file.write_text("[]")
    assert paired(tmp_path, entrance) == frozenset()


OWNER = telegram(allowFrom=["821071206"])


@pytest.mark.parametrize(
    ("tree", "by_code", "shared"),
    [
        (OWNER, {}, []),
        (OWNER, {"channels.telegram": frozenset({"5", "821071206"})}, ["telegram:5"]),
        ({**OWNER, "session": {"dmScope": "per-peer"}}, {"channels.telegram": frozenset({"5"})}, []),
        (telegram(dmPolicy="open"), {}, ["telegram:anybody"]),
        (telegram(dmPolicy="disabled"), {"channels.telegram": frozenset({"5"})}, []),
        (
            {**telegram(allowFrom=["1", "2"]), "commands": {"ownerAllowFrom": ["telegram:1"]}},
            {},
            ["telegram:2"],
        ),
        ({"channels": {"salesmsg": {}}}, {}, []),
    ],
)
def test_who_shares_the_main_conversation(
    tree: dict[str, Any], by_code: dict[str, frozenset[str]], shared: list[str]
) -> None:
    assert sharing_main(settings(**tree), by_code) == shared


@pytest.mark.parametrize(
    ("tools", "tool", "role", "agent"),
    [
        ({}, "exec", "stranger", ""),
        ({}, "exec", "owner", "main"),
        ({"toolsBySender": {"role:stranger": {"profile": "full"}}}, "exec", "stranger", "main"),
        ({"toolsBySender": {"role:member": {"alsoAllow": ["exec"]}}}, "exec", "member", "main"),
        ({"byChannel": {"telegram": {"profile": "full"}}, "deny": ["exec"]}, "exec", "stranger", ""),
    ],
)
def test_what_others_may_have_done_follows_the_rules(
    tools: dict[str, Any], tool: str, role: Any, agent: str
) -> None:
    found = settings(**telegram(dmPolicy="open"), tools=tools)
    (entrance,) = entrances(found)

    assert may_use(found, Path("/state"), tool, role, entrance) == agent


def test_a_group_has_rules_of_its_own() -> None:
    found = settings(**telegram(groupPolicy="open", groups={"*": {"tools": {"profile": "full"}}}))
    (entrance,) = entrances(found)

    assert may_use(found, Path("/state"), "exec", "stranger", entrance, "-100") == "main"
    assert may_use(found, Path("/state"), "exec", "stranger", entrance) == ""

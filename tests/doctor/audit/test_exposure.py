from pathlib import Path
from typing import Any

import pytest

from openclaw.doctor.audit.exposure import (
    files,
    gateway,
    is_exposed,
    kind_of,
    listening,
    open_to_others,
    opened,
    process,
    tokens,
)
from openclaw.doctor.checking import apart
from openclaw.doctor.finding import Narrow, Put
from openclaw.settings.model import Settings
from openclaw.types.secrets import SecretRef
from tests.doctor.home import House


def settings(**tree: Any) -> Settings:
    return Settings.model_validate(tree)


def reveal(reference: SecretRef | None) -> str:
    return reference.text if reference is not None else ""


@pytest.mark.parametrize(
    ("bind", "host", "exposed"),
    [
        ("loopback", None, False),
        ("auto", None, False),
        ("lan", None, True),
        ("tailnet", None, True),
        ("custom", "127.0.0.1", False),
        ("custom", "192.0.2.4", True),
    ],
)
def test_who_reaches_the_control_plane(bind: str, host: str | None, exposed: bool) -> None:
    assert is_exposed(settings(gateway={"bind": bind, "customBindHost": host})) is exposed


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, []),
        ({"bind": "lan"}, ["gateway.bind_network"]),
        ({"bind": "lan", "auth": {"mode": "none"}}, ["gateway.bind_no_auth", "gateway.http.no_auth"]),
        ({"auth": {"mode": "none"}}, ["gateway.loopback_no_auth", "gateway.http.no_auth"]),
        (
            {"auth": {"mode": "none"}, "http": {"endpoints": {"chatCompletions": {"enabled": False}}}},
            ["gateway.loopback_no_auth"],
        ),
        (
            {"bind": "lan", "auth": {"rateLimit": {"maxAttempts": 100_000}}},
            ["gateway.bind_network", "gateway.auth_no_rate_limit"],
        ),
        ({"auth": {"rateLimit": {"maxAttempts": 100_000}}}, []),
    ],
)
def test_who_is_let_in(config: dict[str, Any], told: list[str]) -> None:
    assert [each.id for each in listening(settings(gateway=config))] == told


LONG, SHORT = "t" * 64, "t" * 20


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({"gateway": {"auth": {"token": LONG}}}, []),
        ({"gateway": {"auth": {"token": SHORT}}}, ["gateway.token_too_short"]),
        ({"hooks": {"token": SHORT}}, ["hooks.token_too_short"]),
        ({"channels": {"salesmsg": {"webhookToken": SHORT}}}, ["channels.salesmsg.token_too_short"]),
        (
            {"gateway": {"auth": {"token": LONG}}, "hooks": {"token": LONG}},
            ["hooks.token_reuse_gateway_token"],
        ),
        (
            {"hooks": {"token": LONG}, "agents": {"list": [{"id": "a"}, {"id": "b"}]}},
            ["hooks.allowed_agent_ids_unrestricted"],
        ),
        (
            {
                "hooks": {"token": LONG, "allowedAgentIds": ["a"]},
                "agents": {"list": [{"id": "a"}, {"id": "b"}]},
            },
            [],
        ),
    ],
)
def test_tokens_that_can_be_guessed_or_used_twice(tree: dict[str, Any], told: list[str]) -> None:
    assert [each.id for each in tokens(settings(**tree), reveal)] == told


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({}, []),
        ({"gateway": {"tools": {"allow": ["exec"]}}}, ["gateway.tools_invoke_http.dangerous_allow"]),
        ({"gateway": {"tools": {"allow": ["web_search"]}}}, []),
        (
            {"gateway": {"controlUi": {"allowedOrigins": ["*", "https://a.example.org"]}}},
            ["gateway.control_ui.allowed_origins_wildcard"],
        ),
        (
            {"gateway": {"controlUi": {"allowedOrigins": ["http://a.example.org"]}}},
            ["gateway.control_ui.allowed_origins_plain_http"],
        ),
        (
            {
                "gateway": {
                    "controlUi": {"allowedOrigins": ["http://localhost:5173", "http://127.0.0.1:3000"]}
                }
            },
            [],
        ),
        (
            {"hooks": {"mappings": [{"id": "mail", "allowUnsafeExternalContent": True}]}},
            ["config.insecure_or_dangerous_flags"],
        ),
        ({"logging": {"redactSensitive": "off"}}, ["logging.redact_off"]),
    ],
)
def test_what_was_opened(tree: dict[str, Any], told: list[str]) -> None:
    assert [each.id for each in opened(settings(**tree))] == told


def test_only_the_star_is_taken_out_of_the_origins() -> None:
    (finding,) = opened(settings(gateway={"controlUi": {"allowedOrigins": ["*", "https://a.example.org"]}}))

    assert finding.mend == Put(("gateway", "controlUi", "allowedOrigins"), ("https://a.example.org",))


STATE = Path("/home/ada/.openclaw")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "state_dir"),
        ("openclaw.json", "config"),
        ("credentials/telegram-allowFrom.json", "credentials_dir"),
        ("agents/main/agent/auth-profiles.json", "auth_profiles"),
        ("agents/main/sessions/ses_1.jsonl", "sessions_store"),
        ("ledger.sqlite-wal", "sessions_store"),
        ("logs/gateway.log", "log_file"),
        ("media/inbound/1.jpg", "state"),
    ],
)
def test_each_file_belongs_to_a_part_of_the_state(path: str, kind: str) -> None:
    assert kind_of(STATE / path if path else STATE, STATE, STATE / "openclaw.json") == kind


@pytest.mark.parametrize(
    ("kind", "mode", "id", "level"),
    [
        ("state_dir", 0o755, "fs.state_dir.perms_readable", "warn"),
        ("state_dir", 0o770, "fs.state_dir.perms_group_writable", "warn"),
        ("state_dir", 0o777, "fs.state_dir.perms_world_writable", "error"),
        ("config", 0o640, "fs.config.perms_group_readable", "warn"),
        ("config", 0o644, "fs.config.perms_world_readable", "error"),
        ("config", 0o660, "fs.config.perms_writable", "error"),
        ("credentials_dir", 0o644, "fs.credentials_dir.perms_readable", "warn"),
        ("auth_profiles", 0o606, "fs.auth_profiles.perms_writable", "error"),
        ("sessions_store", 0o644, "fs.sessions_store.perms_readable", "warn"),
        ("log_file", 0o644, "fs.log_file.perms_readable", "warn"),
    ],
)
def test_what_others_may_do_with_it_has_the_originals_name(kind: str, mode: int, id: str, level: str) -> None:
    finding = open_to_others(kind, {STATE / "x": mode})

    assert (finding.id, finding.level) == (id, level)
    assert finding.mend == Narrow((STATE / "x",))


def test_the_widest_right_of_several_files_counts() -> None:
    finding = open_to_others("log_file", {STATE / "a": 0o640, STATE / "b": 0o662})

    assert finding.id == "fs.log_file.perms_writable"
    assert "2 files" in finding.what


async def test_a_linked_config_and_a_synced_folder_are_told(house: House) -> None:
    synced = house.home / "Dropbox" / "openclaw"
    synced.parent.mkdir()
    house.state.rename(synced)
    house.environ["OPENCLAW_STATE_DIR"] = str(synced)
    real = house.home / "real.json"
    (synced / "openclaw.json").rename(real)
    (synced / "openclaw.json").symlink_to(real)
    premises = await apart(house.premises)

    told = [each.id for each in await apart(lambda: list(files(premises)))]

    assert told == ["fs.config.symlink", "fs.synced_dir"]


async def test_the_token_of_the_first_start_is_long_enough(house: House) -> None:
    house.write_config({"gateway": {"auth": {}}}, keep=False)
    premises = await apart(house.premises)

    assert await apart(lambda: list(gateway(premises))) == []


@pytest.mark.parametrize(("uid", "told"), [(0, ["process.root"]), (1000, [])])
async def test_root_is_told_that_it_is_root(house: House, uid: int, told: list[str]) -> None:
    house.set_machine(uid=uid)

    assert [each.id for each in process(await apart(house.premises))] == told


async def test_a_linked_state_directory_is_told(house: House) -> None:
    elsewhere = house.home / "elsewhere"
    house.state.rename(elsewhere)
    house.state.symlink_to(elsewhere)

    premises = await apart(house.premises)

    assert [each.id for each in await apart(lambda: list(files(premises)))] == ["fs.state_dir.symlink"]

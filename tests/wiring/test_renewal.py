"""A house at work is given another config. One test for each family of keys that needs no restart."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from blockbuster import blockbuster_ctx

from openclaw.app import House, build
from openclaw.gateway.invocation import Invocation, NoSuchToolError
from openclaw.gateway.routing import Route, route
from openclaw.logs import Redactor
from openclaw.settings.life.effects import EFFECTS, in_force
from openclaw.settings.loading import load
from openclaw.types.channel import Channel
from openclaw.types.events import TraceRecorded
from openclaw.types.messages import Address, Arrival, Inbound, Sender
from openclaw.types.secrets import SecretRef
from openclaw.web.office.told import UnknownKeyError
from openclaw.wiring.mind import model_settings
from openclaw.wiring.renewal import routing
from tests.test_app import asked, configured

Json = dict[str, Any]
OFF = {"channels": {"telegram": {"botToken": "1:a", "apiRoot": "http://127.0.0.1:1", "allowFrom": ["5"]}}}


@pytest.fixture(autouse=True)
def blockbuster() -> None:
    """A house is built before anybody is served: that may block."""


@pytest.fixture
async def house(state_dir: Path) -> AsyncIterator[House]:
    async with build(configured(state_dir, OFF), Redactor(), with_channels=True) as house:
        yield house


async def renewed(house: House, config: Json) -> list[Channel]:
    """As if the file held this besides."""
    loaded = house.core.loaded
    loaded.paths.config.write_text(json.dumps({**OFF, **config}))
    fresh = load(loaded.start.environ)
    assert [problem for problem in fresh.problems if problem.severity == "error"] == []
    # People are being served meanwhile.
    with blockbuster_ctx("openclaw"):
        return list(await house.renewal.renew(in_force(loaded, fresh)))


async def tool_names(house: House, agent: str = "main") -> set[str]:
    shelf = await house.renewal.briefing.toolbox.shelf(house.core.profiles[agent])
    return set(shelf.tools)


async def test_agents_models_and_bindings(house: House) -> None:
    agents = {
        "list": [{"id": "main"}, {"id": "aurora", "model": "anthropic/claude-haiku-4-5", "tier": "small"}]
    }
    models = {"providers": {"anthropic": {"apiKey": "sk-1"}, "openai": {"apiKey": "sk-2"}}}
    bindings = [{"agentId": "aurora", "match": {"channel": "webchat"}}]

    async with house.working():
        before = (await asked(house, "r1", "one")).session_key
        await renewed(house, {"agents": agents, "models": models, "bindings": bindings})
        status = await house.desk.status()

    assert before == "agent:main:main"
    told = json.loads(json.dumps(status))
    assert [each["id"] for each in told["agents"]] == ["main", "aurora"]
    assert told["agents"][1]["model"] == "anthropic/claude-haiku-4-5"
    assert {each["provider"] for each in told["keys"]} == {"anthropic", "openai"}
    assert house.core.workspaces.keys() == {"main", "aurora"}
    assert house.office.agents == ("main", "aurora")


async def test_an_agent_that_is_added_answers_and_one_that_is_gone_gets_nothing_new(house: House) -> None:
    async with house.working():
        await renewed(house, {"agents": {"list": [{"id": "main"}, {"id": "aurora"}]}})
        added = await asked(house, "r1", "hello", "agent:aurora:main")
        await renewed(house, {"agents": {"list": [{"id": "main"}]}})
        gone: UnknownKeyError | None = None
        try:
            await asked(house, "r2", "hello", "agent:aurora:main")
        except UnknownKeyError as error:
            gone = error

    assert (added.status, added.session_key) == ("ok", "agent:aurora:main")
    assert "there is no agent 'aurora'" in str(gone)


async def test_tools_and_their_policy(house: House) -> None:
    before = await tool_names(house)
    await renewed(
        house, {"tools": {"deny": ["exec"], "web": {"search": {"enabled": False}}, "timeoutSeconds": 7}}
    )
    after = await tool_names(house)
    await renewed(house, {})

    assert {"exec", "web_search"} <= before
    assert before - after == {"exec", "web_search"}
    assert await tool_names(house) == before


async def test_skills(house: House) -> None:
    assert "get_weather" in await tool_names(house)

    await renewed(house, {"skills": {"entries": {"weather": {"enabled": False}}}})

    assert "get_weather" not in await tool_names(house)


async def test_budgets_queue_delivery_and_commands(house: House) -> None:
    each = house.renewal.crossing
    await renewed(
        house,
        {
            "budgets": {"perDay": 3},
            "messages": {"queue": {"mode": "collect"}},
            "delivery": {"retryAttempts": 2},
            "commands": {"config": True},
            "session": {"resetTriggers": ["/fresh"]},
            "sendPolicy": {
                "rules": [{"action": "deny", "match": {"channel": "telegram", "timezone": "Asia/Tokyo"}}]
            },
        },
    )

    assert [(row["cap"], row["limit"]) for row in house.core.budgets.state()] == [("perDay", 3)]
    assert each.room.rules({}, "telegram").mode == "collect"
    assert each.commands.config.config
    assert each.commands.reset_triggers == ("/fresh",)


async def test_compaction_and_turns_at_once(house: House) -> None:
    await renewed(house, {"agents": {"defaults": {"maxConcurrent": 9, "maxTokens": 77}}})

    assert house.renewal.crossing.commands.defaults.max_tokens == 77


async def test_cron_hooks_and_the_heartbeat(house: House) -> None:
    assert house.hooks.present == ()

    await renewed(
        house,
        {
            "cron": {"enabled": False},
            "hooks": {"token": "of-the-automations"},
            "agents": {
                "defaults": {"heartbeat": {"every": "5m", "activeHours": {"timezone": "Europe/Madrid"}}}
            },
        },
    )

    assert not house.renewal.business.jobs.config.enabled
    assert len(house.hooks.present) == 1
    await renewed(house, {"hooks": {"enabled": False, "token": "of-the-automations"}})
    assert house.hooks.present == ()


async def test_who_may_speak(house: House) -> None:
    policies, owners = house.accounts.policies, house.accounts.owners
    assert owners == ["telegram:5"]

    await renewed(house, {"commands": {"ownerAllowFrom": ["telegram:6"]}})

    assert owners == ["telegram:6"]
    assert policies["telegram", "default"].owners == {"6"}
    assert [address.chat for address in house.accounts.addresses] == ["6"]


async def test_a_secret_is_read_anew(house: House, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("one")
    kept.chmod(0o600)
    reference = SecretRef(f"file:{kept}")
    before = await house.core.resolver.resolve(reference)
    kept.write_text("two")
    still = await house.core.resolver.resolve(reference)

    await renewed(house, {})

    assert (before.reveal(), still.reveal()) == ("one", "one")
    assert (await house.core.resolver.resolve(reference)).reveal() == "two"


async def test_alerts_and_compliance_and_the_phone(house: House) -> None:
    sms = {"accountSid": "AC1", "authToken": "t", "fromNumber": "+12015550123", "dmPolicy": "open"}

    await renewed(
        house, {"channels": {**OFF["channels"], "sms": sms}, "ops": {"discord": {"webhookUrl": "http://x"}}}
    )

    assert house.desk.phone().numbers == {"default": "+12015550123"}
    assert house.accounts.policies["sms", "default"].dm_policy == "open"
    await renewed(house, {})
    assert house.desk.phone().numbers == {}
    assert ("sms", "default") not in house.channels


def routed(house: House) -> Route:
    message = Inbound("telegram", Sender("5", "Ada"), "hi", 0, reply_to=Address("telegram", "5"))
    return route(message, routing(house.core))


OPENAI = {"api": "openai-completions", "baseUrl": "http://127.0.0.1:1", "apiKey": "k"}
PROBES: dict[str, tuple[Json, Callable[[House], object], object]] = {
    "models": (
        {"models": {"providers": {"x": {**OPENAI, "models": [{"id": "m", "contextWindow": 7}]}}}},
        lambda house: house.renewal.models.info("x/m").context_window,
        7,
    ),
    "auth": (
        {"auth": {"profiles": {"anthropic:b": {"apiKey": "k"}}}},
        lambda house: [row["id"] for row in house.renewal.models.key_states()],
        ["anthropic:b"],
    ),
    "llm": (
        {"llm": {"routing": {"headers": {"x-team": "a"}}}},
        lambda house: model_settings(house.core).llm.routing.headers,
        {"x-team": "a"},
    ),
    "agents": (
        {"agents": {"list": [{"id": "aurora"}]}},
        lambda house: house.desk.nameplate().default_agent,
        "aurora",
    ),
    "bindings": (
        {
            "agents": {"list": [{"id": "main"}, {"id": "b"}]},
            "bindings": [{"agentId": "b", "match": {"channel": "telegram"}}],
        },
        lambda house: routed(house).agent,
        "b",
    ),
    "session": (
        {"session": {"dmScope": "per-peer"}},
        lambda house: routed(house).session_key,
        "agent:main:direct:5",
    ),
    "traces": (
        {"traces": {"retentionDays": 3}},
        lambda house: house.core.loaded.settings.traces.retention_days,
        3,
    ),
    "gateway.auth.token": (
        {"gateway": {"auth": {"token": "another-token-of-the-house"}}},
        lambda house: house.core.loaded.settings.gateway.auth.token,
        SecretRef("another-token-of-the-house"),
    ),
    "gateway.reload": (
        {"gateway": {"reload": {"mode": "off"}}},
        lambda house: house.core.loaded.settings.gateway.reload.mode,
        "off",
    ),
    "channels.modelByChannel": (
        {"channels": {**OFF["channels"], "modelByChannel": {"telegram": {"*": "openai/gpt-4.1"}}}},
        lambda house: house.core.loaded.settings.channels.model_by_channel,
        {"telegram": {"*": "openai/gpt-4.1"}},
    ),
}
"""What is changed, where it shows, and how."""

SHOWN_BESIDE = {
    "budgets", "commands", "compliance", "cron", "delivery", "gateway.tools", "hooks", "logging", "mcp", "messages",
    "ops", "secrets", "sendPolicy", "skills", "tools",
}  # fmt: skip
"""Each in a test of its own."""


def test_for_every_family_that_needs_no_restart_it_is_shown() -> None:
    families = {family for effect, keys in EFFECTS if effect == "live" for family in keys.split()}

    assert families == PROBES.keys() | SHOWN_BESIDE


@pytest.mark.parametrize("family", PROBES)
async def test_it_holds_without_a_restart(house: House, family: str) -> None:
    config, probe, after = PROBES[family]
    before = probe(house)

    await renewed(house, config)

    assert probe(house) == after != before


async def test_what_programs_may_call(house: House) -> None:
    asked = Invocation("session_status", dry_run=True)
    await house.invoking.invoke(asked)

    await renewed(house, {"gateway": {"tools": {"deny": ["session_status"]}}})

    with pytest.raises(NoSuchToolError, match=r"gateway\.tools\.deny"):
        await house.invoking.invoke(asked)


async def test_the_gates_before_a_text(house: House) -> None:
    sms = {"accountSid": "AC1", "authToken": "t", "fromNumber": "+12015550123"}
    channels = {**OFF["channels"], "sms": sms}

    async def gates() -> list[tuple[str, str]]:
        to = Address("sms", "+12015550199")
        verdict = await house.telephone.clearance.explain(to, "See you at nine.", "message")
        return [(each.gate, each.outcome) for each in verdict.gates or (verdict,)]

    await renewed(house, {"channels": channels})
    before = await gates()
    await renewed(house, {"channels": channels, "compliance": {"enabled": False}})

    assert before != await gates()


async def test_who_is_answered_by_the_rules_and_which_servers_there_are(house: House) -> None:
    denied = {"rules": [{"action": "deny", "match": {"channel": "telegram"}}]}

    async def outcome(number: int) -> str:
        message = Inbound(
            "telegram", Sender("5", "Ada"), "hi", house.core.clock.now_ms(), reply_to=Address("telegram", "5")
        )
        with house.bus.subscribe(TraceRecorded, lossless=True) as told, anyio.fail_after(20):
            await house.intake.deliver(
                [Arrival(f"telegram:default:{number}", "telegram", "default", b"{}", message, number)]
            )
            event = await told.next()
        assert isinstance(event, TraceRecorded)
        return event.outcome

    async with house.working():
        before = await outcome(1)
        await renewed(
            house, {"sendPolicy": denied, "mcp": {"servers": {"hub": {"command": "x", "enabled": False}}}}
        )
        after = await outcome(2)

    assert (before, after) == ("answered", "refused")
    assert [row["name"] for row in house.hands.mcp.states()] == ["hub"]


async def test_of_the_channels_only_those_that_were_changed_begin_anew(house: House) -> None:
    accounts = {"home": {"botToken": "1:h"}, "work": {"botToken": "1:w"}}
    await renewed(house, {"channels": {"telegram": {"accounts": accounts}}})
    home, work = house.channels["telegram", "home"], house.channels["telegram", "work"]

    accounts["work"]["botToken"] = "1:other"
    retired = await renewed(house, {"channels": {"telegram": {"accounts": accounts}}})

    assert house.channels["telegram", "home"] is home
    assert house.channels["telegram", "work"] is not work
    assert retired == [work]


async def test_a_channel_that_is_put_on_receives_at_once(house: House) -> None:
    async def states() -> set[tuple[str, str]]:
        return {(each.account, each.condition) for each in house.runner.states()}

    async with house.working(), anyio.create_task_group() as receiving:
        receiving.start_soon(
            house.runner.receive, list(house.channels.values()), house.intake.deliver, house.bus
        )
        with anyio.fail_after(20):
            while not await states():
                await anyio.lowlevel.checkpoint()
        await renewed(house, {"channels": {"telegram": {"accounts": {"home": {"botToken": "1:h"}}}}})
        with anyio.fail_after(20):
            while {account for account, _ in await states()} != {"home"}:
                await anyio.lowlevel.checkpoint()
        receiving.cancel_scope.cancel()

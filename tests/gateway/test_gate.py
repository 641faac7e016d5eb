import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from openclaw.agent.config import ToolsConfig
from openclaw.agent.tools.base import Act, Kind, Scene
from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.gate import SECRET, HouseGate, names_in, rules_of, texts_in
from openclaw.gateway.policy_table import Rules
from openclaw.types.conversation import ToolCall
from tests.agent.tools.scenes import SCENE
from tests.gateway.harness import House, Plan, open_house

KEY = "k-92Jfm3Lq8Zx0Vb7Tn5Rw"
POLICIES = {("telegram", "default"): AccessPolicy(owners=frozenset({"821071206"}))}
WEB = replace(SCENE, provenances=frozenset({"owner", "web"}))


@pytest.fixture
def plan() -> Plan:
    return Plan(secrets=frozenset({KEY}))


def gate_of(house: House) -> HouseGate:
    return HouseGate(Rules(), house.approvals, house.traces, lambda: frozenset({KEY}))


async def admitted(house: House, act: Act, scene: Scene = SCENE, **arguments: object) -> str:
    return await gate_of(house).admit(ToolCall("toolu_1", "tool", arguments), act, scene)


async def test_reading_is_never_refused(house: House) -> None:
    assert await admitted(house, Act(Kind.READ, "notes.txt"), WEB, path="notes.txt") == ""


async def test_what_may_never_happen_is_refused_with_its_reason(house: House) -> None:
    refusal = await admitted(house, Act(Kind.ADMINISTER, "tools.allow"), WEB)

    assert refusal.startswith(
        "Not allowed: it changes how I am set up; the conversation holds words of the web."
    )
    assert "another way" in refusal


@pytest.mark.parametrize(
    "arguments",
    [
        {"url": f"https://example.org/?k={KEY}"},
        {"headers": {"Authorization": KEY}},
        {"rows": [{"deep": [base64.b64encode(KEY.encode()).decode()]}]},
        {KEY: 1},
        {"first": KEY[:11], "second": KEY[11:]},
    ],
)
@pytest.mark.parametrize("kind", [Kind.SEARCH, Kind.FETCH, Kind.SEND, Kind.FOREIGN, Kind.CONSULT])
async def test_no_secret_leaves_in_any_argument_and_nobody_is_asked(
    house: House, kind: Kind, arguments: Mapping[str, object]
) -> None:
    refusal = await gate_of(house).admit(
        ToolCall("toolu_1", "tool", arguments), Act(kind, "somewhere"), SCENE
    )

    assert refusal == SECRET
    assert KEY not in refusal
    assert await house.column("SELECT count(*) FROM approvals") == [0]


async def test_a_secret_in_the_deed_itself_is_found_too(house: House) -> None:
    assert await admitted(house, Act(Kind.SEND, "telegram:1", f"it is {KEY[::-1]}")) == SECRET


async def test_a_secret_that_stays_inside_is_no_reason(house: House) -> None:
    assert await admitted(house, Act(Kind.WRITE, "notes.txt", KEY), content=KEY) == ""


async def test_a_long_text_is_searched_to_its_end(house: House) -> None:
    text = "Tea and cake. " * 20_000

    assert await admitted(house, Act(Kind.FOREIGN, "x"), text=text) == ""
    assert await admitted(house, Act(Kind.FOREIGN, "x"), text=text + KEY) == SECRET


async def test_what_was_decided_is_a_span_and_what_needed_no_decision_is_none(house: House) -> None:
    trace = house.traces.begin("t_1", 0, "telegram", "telegram:1")
    scene = replace(WEB, trace_id="t_1")
    await admitted(house, Act(Kind.READ, "notes.txt"), scene)
    await admitted(house, Act(Kind.ADMINISTER, "x"), scene)
    await admitted(house, Act(Kind.FETCH, f"https://example.org/{KEY}"), scene)
    await admitted(house, Act(Kind.SCHEDULE, "soon"), replace(SCENE, trace_id="t_1"))

    spans = trace.record("answered", "", None).spans
    assert [(span["name"], span["kind"], span["verdict"]) for span in spans] == [
        ("gate", "administer", "denied"),
        ("gate", "fetch", "refused"),
        ("gate", "schedule", "allowed"),
    ]
    assert KEY not in str(spans)


@pytest.mark.parametrize(
    ("config", "unasked"),
    [
        ({}, False),
        ({"exec": {"host": "gateway"}}, False),
        ({"exec": {"host": "gateway", "ask": "off"}}, True),
        ({"exec": {"ask": "off", "security": "allowlist"}}, False),
    ],
)
def test_programs_outside_run_unasked_only_where_the_file_says_it(
    config: dict[str, object], unasked: bool
) -> None:
    assert rules_of(ToolsConfig.model_validate(config), POLICIES).exec_unasked is unasked


@pytest.mark.parametrize(("ask", "asked"), [("off", False), ("on-miss", False), ("always", True)])
def test_the_file_may_have_the_owner_asked_before_each_program(ask: str, asked: bool) -> None:
    rules = rules_of(ToolsConfig.model_validate({"exec": {"ask": ask}}), POLICIES)
    assert (rules.exec_asked, rules.exec_unasked) == (asked, ask == "off")


def test_owners_and_the_list_of_recipients_come_from_the_file() -> None:
    tools = ToolsConfig.model_validate({"message": {"allowRecipients": ["telegram:821071230"]}})

    assert rules_of(tools, POLICIES) == Rules(
        frozenset({"telegram:821071206"}), frozenset({"telegram:821071230"})
    )


def test_every_text_of_a_call_is_looked_at() -> None:
    arguments = {"a": ["b", {"c": ("d", 5, None, True)}]}

    assert list(texts_in(arguments)) == ["b", "d", "5"]
    assert list(names_in(arguments)) == ["a", "c"]


async def test_a_turn_that_nobody_traces_is_judged_all_the_same(state_dir: Path) -> None:
    async with open_house(state_dir) as house:
        assert await admitted(house, Act(Kind.ADMINISTER, "x"), replace(WEB, trace_id="t_unknown")) != ""

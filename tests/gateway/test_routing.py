import random
from dataclasses import replace
from typing import Any

import pytest

from openclaw.gateway.config import Binding
from openclaw.gateway.routing import Route, Routing, route
from openclaw.sessions.config import SessionConfig
from openclaw.sessions.keys import agent_of
from openclaw.types.messages import Address, Inbound, Sender

AGENTS = ("main", "peer", "account", "any", "work")


def binding(agent: str, **match: Any) -> Binding:
    return Binding.model_validate({"agentId": agent, "match": {"channel": "telegram", **match}})


def routing(*bindings: Binding, scope: str = "main") -> Routing:
    return Routing(AGENTS, "main", bindings, SessionConfig.model_validate({"dmScope": scope}))


def message(sender: str = "7", **more: Any) -> Inbound:
    return Inbound("telegram", Sender(sender), "hi", 0, **{"reply_to": Address("telegram", sender), **more})


def test_without_bindings_everything_goes_to_the_default_agent() -> None:
    assert route(message(), routing()) == Route("main", "agent:main:main", "default")


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_binding_wins_in_whatever_order_they_stand(seed: int) -> None:
    bindings = [
        binding("any", accountId="*"),
        binding("account", accountId="bot"),
        binding("peer", accountId="bot", peer={"kind": "direct", "id": "7"}),
    ]
    random.Random(seed).shuffle(bindings)
    house = routing(*bindings)

    assert route(message("7", account="bot"), house).agent == "peer"
    assert route(message("8", account="bot"), house).agent == "account"
    assert route(message("8", account="other"), house).agent == "any"


def test_the_first_of_two_equal_bindings_wins() -> None:
    assert route(message(), routing(binding("work"), binding("any"))).agent == "work"


@pytest.mark.parametrize("peer", [None, {"kind": "dm", "id": 7}])
def test_a_binding_without_an_account_is_for_the_default_account(peer: dict[str, Any] | None) -> None:
    house = routing(binding("work", **({"peer": peer} if peer else {})))

    assert route(message("7"), house).agent == "work"
    assert route(message("7", account="bot"), house).agent == "main"


def test_a_peer_may_be_bound_on_every_account() -> None:
    house = routing(binding("peer", accountId="*", peer={"kind": "direct", "id": "7"}))

    assert route(message("7", account="bot"), house).agent == "peer"
    assert route(message("8", account="bot"), house).agent == "main"


def test_a_group_is_bound_by_its_chat_and_not_by_who_speaks() -> None:
    house = routing(binding("peer", peer={"kind": "group", "id": "-100"}))
    group = message("7", chat_type="group", reply_to=Address("telegram", "-100"))

    assert route(group, house) == Route("peer", "agent:peer:telegram:group:-100", "binding")
    assert route(message("-100"), house).agent == "main"


def test_bindings_of_other_channels_and_of_unknown_agents_do_not_count() -> None:
    other = Binding.model_validate({"agentId": "work", "match": {"channel": "whatsapp"}})

    assert route(message(), routing(other, binding("ghost"))).agent == "main"


def test_a_binding_may_ask_for_a_tier() -> None:
    tiered = Binding.model_validate({"match": {"channel": "telegram", "tier": "second"}})
    both = binding("work", tier="second")
    house = replace(routing(tiered), tiers={"main": "first", "any": "second", "work": "second"})

    assert route(message(), house).agent == "any"
    assert route(message(), replace(house, bindings=(both,))).agent == "work"
    assert route(message(), replace(house, bindings=(binding("peer", tier="second"),))).agent == "main"
    assert route(message(), replace(house, tiers={})).agent == "main"


def test_the_rule_is_the_owners_own_words() -> None:
    named = Binding.model_validate(
        {"agentId": "work", "comment": "business hours", "match": {"channel": "telegram"}}
    )

    assert route(message(), routing(named)).rule == "business hours"


def test_the_session_key_follows_the_scope_and_the_agent() -> None:
    house = routing(binding("work"), scope="per-channel-peer")

    assert route(message("7"), house).session_key == "agent:work:telegram:direct:7"


@pytest.mark.parametrize(
    ("asked", "agent", "expected"),
    [
        ("main", None, Route("main", "agent:main:main", "session key")),
        ("", None, Route("main", "agent:main:main", "session key")),
        ("main", "work", Route("work", "agent:work:main", "session key")),
        ("telegram:7", "work", Route("work", "agent:work:telegram:direct:7", "session key")),
        ("agent:work:main", None, Route("work", "agent:work:main", "session key")),
        ("agent:work:main", "peer", Route("work", "agent:work:main", "session key")),
        ("agent:main:telegram:dm:7", None, Route("main", "agent:main:telegram:direct:7", "session key")),
        ("agent:ghost:main", None, Route("main", "agent:main:main", "session key")),
        (
            "agent:ghost:telegram:direct:7",
            "work",
            Route("work", "agent:work:telegram:direct:7", "session key"),
        ),
        ("main", "ghost", Route("main", "agent:main:main", "session key")),
    ],
)
def test_an_operator_may_ask_for_a_session(asked: str, agent: str | None, expected: Route) -> None:
    house = routing(binding("any"))

    assert route(message("operator", session_key=asked, agent=agent), house) == expected


@pytest.mark.parametrize(
    "asked", ["main", "telegram:7", "agent:ghost:x:y", "a:b:c", "agent:", "agent:ghost:"]
)
def test_a_session_key_always_names_the_agent_that_answers(asked: str) -> None:
    found = route(message(session_key=asked), routing())

    assert agent_of(found.session_key) == found.agent


def test_an_agent_that_is_asked_for_beats_the_bindings() -> None:
    assert route(message(agent="work"), routing(binding("any"))) == Route(
        "work", "agent:work:main", "asked for"
    )
    assert route(message(agent="ghost"), routing(binding("any"))).agent == "any"

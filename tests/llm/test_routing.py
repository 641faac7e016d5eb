from dataclasses import replace

from openclaw.llm.config import RoutingConfig
from openclaw.llm.routing import Asker, header_value, routing_headers

ASKER = Asker(agent="aurora", session="agent:aurora:main", channel="telegram", trace="t_01")
PROXY = "http://127.0.0.1:4000"
VENDOR = "https://api.anthropic.com"


def test_headers_are_filled_in_for_the_one_who_asks() -> None:
    config = RoutingConfig(
        headers={"X-Path": "{channel}/{agent}/{session}", "x-trace": "{trace}", "x-fixed": "50%"}
    )

    assert routing_headers(config, ASKER, VENDOR) == {
        "x-path": "telegram/aurora/agent:aurora:main",
        "x-trace": "t_01",
        "x-fixed": "50%",
    }


def test_an_agent_s_own_headers_win() -> None:
    config = RoutingConfig.model_validate(
        {
            "headers": {"x-tier": "silver", "x-trace": "{trace}"},
            "perAgent": {"aurora": {"headers": {"x-tier": "gold"}}, "other": {"headers": {"x-tier": "tin"}}},
        }
    )

    assert routing_headers(config, ASKER, VENDOR) == {"x-tier": "gold", "x-trace": "t_01"}


def test_a_proxy_is_told_the_agent() -> None:
    assert routing_headers(RoutingConfig(), ASKER, PROXY) == {"x-openclaw-agent": "aurora"}
    assert routing_headers(RoutingConfig(), ASKER, VENDOR) == {}


def test_what_is_filled_in_is_not_a_template_itself() -> None:
    asker = Asker("{trace}", 'x{"a": 1}', "web", "t_secret")
    config = RoutingConfig(headers={"x-a": '{agent} {session} {"json": true}'})

    assert routing_headers(config, asker, VENDOR) == {"x-a": '{trace} x{"a": 1} {"json": true}'}


def test_a_session_s_name_cannot_smuggle_a_header() -> None:
    assert header_value("a\r\nx-admin: 1") == "a%0D%0Ax-admin: 1"
    assert header_value("Zoë") == "Zo%C3%AB"


def test_a_conversation_that_begins_anew_is_another_one_to_the_keys() -> None:
    before, after = replace(ASKER, era="ses_1:0"), replace(ASKER, era="ses_1:1")

    assert before.conversation == replace(before, trace="t_02").conversation
    assert before.conversation != after.conversation

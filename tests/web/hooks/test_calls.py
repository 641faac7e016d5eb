import json

import pytest

from openclaw.web.hooks.calls import Asking, HookError, Waking, read_agent, read_mapped, read_wake
from openclaw.web.hooks.config import HookMapping


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_wake_takes_words_and_a_time() -> None:
    assert read_wake(body(text="the door")) == Waking("the door", "now")
    assert read_wake(body(text="the door", mode="next-heartbeat")) == Waking("the door", "next-heartbeat")


def test_agent_takes_the_originals_fields() -> None:
    asked = read_agent(
        body(
            message="hi", name="mail", agentId="clerk", wakeMode="now", deliver=False, channel="sms",
            to="+12015550123", model="opus", thinking="low", timeoutSeconds=30,
        )
    )  # fmt: skip
    assert asked == Asking("hi", "mail", "clerk", False, "sms", "+12015550123", "opus", "low", 30)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "body: it is no JSON"),
        (b"[" * 100_000, "body: it is no JSON"),
        (b"[]", "body: it must be an object"),
        (body(), "message: it is required"),
        (body(message=""), "message: it must not be empty"),
        (body(message="x" * 20_001), "message: it has more than 20000 characters"),
        (body(message="hi", forged=1), "forged: there is no such field"),
        (body(message="hi", deliver="no"), "deliver: it must be true or false"),
        (body(message="hi", sessionKey="main"), "sessionKey: leave it out"),
        (body(message="hi", wakeMode="next-heartbeat"), "wakeMode: a turn begins now"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_in_words(content: bytes, problem: str) -> None:
    with pytest.raises(HookError, match=problem):
        read_agent(content)


def mapping(**fields: object) -> HookMapping:
    return HookMapping.model_validate({"id": "alarm", **fields})


def test_a_mapping_puts_the_body_into_words() -> None:
    found = read_mapped(mapping(messageTemplate="{{who}} rang", agentId="clerk"), body(who="Ana"))
    assert found == Asking("Ana rang", "alarm", "clerk", True, "last", None, None, None, None)


def test_without_a_template_the_body_stands_as_it_is() -> None:
    found = read_mapped(mapping(name="Alarm"), body(who="Ána"))
    assert isinstance(found, Asking)
    assert (found.message, found.name) == ('{"who": "Ána"}', "Alarm")


def test_a_mapping_may_only_wake() -> None:
    found = read_mapped(
        mapping(
            action="wake",
            textTemplate="door {{n}}",
            wakeMode="next-heartbeat",
            allowUnsafeExternalContent=True,
        ),
        body(n=2),
    )
    assert found == Waking("door 2", "next-heartbeat", None, trusted=True)


def test_a_body_of_another_source_is_left_to_others() -> None:
    one = mapping(match={"source": "mail"})
    assert read_mapped(one, body(source="door")) is None
    assert read_mapped(one, b"[]") is None
    assert isinstance(read_mapped(one, body(source="mail")), Asking)


def test_words_of_nothing_are_refused() -> None:
    with pytest.raises(HookError, match="nothing is left of the body"):
        read_mapped(mapping(messageTemplate="{{who}}"), body(other=1))

from dataclasses import replace

import pytest

from openclaw.sessions.config import DmScope, SessionConfig
from openclaw.sessions.keys import agent_of, expand, key_for, linked, main_key
from openclaw.types.messages import Address, ChatType, Inbound, Sender

DIRECT = Inbound(
    "telegram", Sender("821071206"), "hi", 0, "second", reply_to=Address("telegram", "821071206")
)


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("main", "agent:aurora:main"),
        ("per-peer", "agent:aurora:direct:821071206"),
        ("per-channel-peer", "agent:aurora:telegram:direct:821071206"),
        ("per-account-channel-peer", "agent:aurora:telegram:second:direct:821071206"),
    ],
)
def test_the_scope_says_which_direct_messages_share_a_conversation(scope: DmScope, key: str) -> None:
    assert key_for(DIRECT, "aurora", SessionConfig(dm_scope=scope)) == key


@pytest.mark.parametrize("scope", ["main", "per-peer", "per-channel-peer", "per-account-channel-peer"])
@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_a_telephone_number_has_a_conversation_of_its_own_whatever_the_scope(
    scope: DmScope, channel: str
) -> None:
    message = replace(DIRECT, channel=channel, sender=Sender("+12015550123"))
    config = SessionConfig(dm_scope=scope, identity_links={"ana": (f"{channel}:+12015550123",)})

    assert key_for(message, "main", config) == f"agent:main:{channel}:direct:+12015550123"


def in_chat(chat_type: ChatType, chat: str, thread: str | None = None) -> Inbound:
    return replace(DIRECT, chat_type=chat_type, reply_to=Address("telegram", chat, thread=thread))


@pytest.mark.parametrize("scope", ["main", "per-peer", "per-channel-peer", "per-account-channel-peer"])
@pytest.mark.parametrize(
    ("message", "key"),
    [
        (in_chat("group", "-100821"), "agent:aurora:telegram:group:-100821"),
        (in_chat("group", "-100821", "17"), "agent:aurora:telegram:group:-100821:topic:17"),
        (in_chat("channel", "-100821"), "agent:aurora:telegram:channel:-100821"),
        (in_chat("group", "120363@G.US"), "agent:aurora:telegram:group:120363@g.us"),
    ],
)
def test_a_group_is_a_conversation_of_its_own_whatever_the_scope(
    message: Inbound, key: str, scope: DmScope
) -> None:
    assert key_for(message, "aurora", SessionConfig(dm_scope=scope)) == key


def test_two_people_share_nothing_unless_the_scope_says_so() -> None:
    other = replace(DIRECT, sender=Sender("5550100"))
    for scope in ("per-peer", "per-channel-peer", "per-account-channel-peer"):
        config = SessionConfig(dm_scope=scope)
        assert key_for(DIRECT, "main", config) != key_for(other, "main", config)


def test_a_display_name_decides_nothing() -> None:
    config = SessionConfig(dm_scope="per-peer")
    renamed = replace(DIRECT, sender=Sender("821071206", "main:other"))
    assert key_for(renamed, "main", config) == key_for(DIRECT, "main", config)


LINKS = {"ana": ("telegram:821071206", "sms:+12015550123"), "ben": ("5550100",)}


@pytest.mark.parametrize(
    ("channel", "peer", "name"),
    [
        ("telegram", "821071206", "ana"),
        ("sms", "+12015550123", "ana"),
        ("telegram", "+12015550123", "+12015550123"),
        ("whatsapp", "5550100", "ben"),
        ("sms", "5550101", "5550101"),
    ],
)
def test_the_owner_may_join_the_identities_of_a_person(channel: str, peer: str, name: str) -> None:
    assert linked(channel, peer, LINKS) == name


def test_joined_identities_share_a_conversation() -> None:
    config = SessionConfig.model_validate(
        {"dmScope": "per-peer", "identityLinks": {"Ana": ["telegram:821071206"]}}
    )
    assert key_for(DIRECT, "main", config) == "agent:main:direct:ana"


@pytest.mark.parametrize(
    ("short", "key"),
    [
        ("main", "agent:aurora:main"),
        ("", "agent:aurora:main"),
        (" MAIN ", "agent:aurora:main"),
        ("telegram:821071206", "agent:aurora:telegram:direct:821071206"),
        ("telegram:dm:821071206", "agent:aurora:telegram:direct:821071206"),
        ("dm:821071206", "agent:aurora:direct:821071206"),
        ("direct:821071206", "agent:aurora:direct:821071206"),
        ("telegram:group:-100821:topic:17", "agent:aurora:telegram:group:-100821:topic:17"),
        ("agent:other:main", "agent:other:main"),
        ("agent:main:telegram:dm:821071206", "agent:main:telegram:direct:821071206"),
        ("notes", "agent:aurora:notes"),
    ],
)
def test_a_key_may_be_typed_in_short(short: str, key: str) -> None:
    assert expand(short, "aurora") == key


@pytest.mark.parametrize("scope", ["main", "per-peer", "per-channel-peer", "per-account-channel-peer"])
@pytest.mark.parametrize("message", [DIRECT, in_chat("group", "-100821", "17")])
def test_a_whole_key_stays_as_it_is(message: Inbound, scope: DmScope) -> None:
    key = key_for(message, "aurora", SessionConfig(dm_scope=scope))
    assert expand(key, "other") == key
    assert agent_of(key) == "aurora"


@pytest.mark.parametrize("key", ["main", "agent:main", "agent::main", "agent:main:", "Agent:main:main", ""])
def test_what_is_no_key_belongs_to_no_agent(key: str) -> None:
    assert agent_of(key) is None
    assert agent_of(main_key("main")) == "main"

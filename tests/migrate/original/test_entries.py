from typing import Any

import pytest

from openclaw.migrate.original.entries import our_entry, our_key, speaker_of
from openclaw.types.conversation import Provenance

OWNERS = frozenset({"telegram:821071206"})


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("agent:main:main", "agent:main:main"),
        ("main", "agent:main:main"),
        ("agent:main:telegram:dm:821071206", "agent:main:telegram:direct:821071206"),
        ("Agent:Main:Telegram:Group:-100123:topic:7", "agent:main:telegram:group:-100123:topic:7"),
        ("global", "agent:main:global"),
        ("hook:1234", "agent:main:hook:direct:1234"),
    ],
)
def test_keys_are_spelt_as_ours(theirs: str, ours: str) -> None:
    assert our_key(theirs, "main") == ours


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (
            {"lastChannel": "telegram", "lastTo": "telegram:1", "updatedAt": 5},
            {"lastChannel": "telegram", "lastTo": "1", "updatedAt": 5},
        ),
        (
            {"deliveryContext": {"channel": "telegram", "to": "telegram:1", "threadId": 7}, "updatedAt": 5},
            {"deliveryContext": {"channel": "telegram", "to": "1", "threadId": "7"}, "updatedAt": 5},
        ),
        ({"model": "m", "modelProvider": "p"}, {"model": "p/m", "modelProvider": "p", "updatedAt": 0}),
        ({"sessionFile": "/x", "skillsSnapshot": {}, "label": "l", "unknown": [1], "gone": None},
         {"label": "l", "unknown": [1], "updatedAt": 0}),
    ],
)  # fmt: skip
def test_fields_stay_but_for_what_means_something_else_here(
    theirs: dict[str, Any], ours: dict[str, Any]
) -> None:
    assert our_entry(theirs)[0] == ours
    assert our_entry(ours)[0] == ours


def test_newer_entries_have_their_place_in_one_object() -> None:
    place = {"channel": "telegram", "to": "telegram:1"}

    entry, _ = our_entry({"delivery": {"kind": "external", "context": place}})

    assert entry == {
        "deliveryContext": {"channel": "telegram", "to": "1"},
        "lastChannel": "telegram",
        "lastTo": "1",
        "updatedAt": 0,
    }


@pytest.mark.parametrize(
    ("key", "entry", "alone", "provenance"),
    [
        ("agent:main:telegram:direct:821071206", {}, False, "owner"),
        ("agent:main:telegram:default:direct:821071206", {}, False, "owner"),
        ("agent:main:telegram:direct:4711", {}, True, "stranger"),
        ("agent:main:main", {"lastChannel": "telegram", "lastTo": "821071206"}, True, "owner"),
        ("agent:main:main", {"lastChannel": "telegram", "lastTo": "821071206"}, False, "stranger"),
        ("agent:main:main", {}, True, "owner"),
        ("agent:main:main", {"lastChannel": "telegram", "lastTo": "4711"}, True, "stranger"),
        ("agent:main:telegram:group:821071206", {}, True, "stranger"),
    ],
)
def test_only_what_the_owner_alone_can_have_said_is_his(
    key: str, entry: dict[str, Any], alone: bool, provenance: Provenance
) -> None:
    assert speaker_of(key, entry, OWNERS, alone=alone).provenance == provenance

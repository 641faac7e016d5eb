from typing import Any

import pytest

from openclaw.llm.auth_file import EVERY_MODEL, Record, filled, parse, records, stored_profiles
from openclaw.llm.cooling import Trouble
from openclaw.llm.profiles import Profile
from openclaw.types.secrets import SecretRef
from tests.llm.made import NOW

OPUS = "claude-opus-4-6"
ORIGINAL: dict[str, Any] = {
    "version": 1,
    "profiles": {
        "anthropic:default": {"type": "api_key", "provider": "anthropic", "key": "sk-ant-stored"},
        "anthropic:ref": {"type": "api_key", "provider": "anthropic", "keyRef": {"source": "env", "id": "K"}},
        "anthropic:max": {"type": "oauth", "provider": "anthropic", "access": "a", "refresh": "r"},
        "broken": "yes",
    },
    "order": {"anthropic": ["anthropic:default"]},
    "usageStats": {
        "anthropic:default": {
            "lastUsed": NOW - 1,
            "errorCount": 2,
            "disabledUntil": NOW + 5,
            "disabledReason": "billing",
            "lastFailureAt": NOW - 9,
            "note": "a stranger's",
        }
    },
    "somethingElse": [1, 2],
}
PROFILES = (
    Profile("anthropic:work", "anthropic", SecretRef("env:WORK")),
    Profile("anthropic:plain", "anthropic", SecretRef("sk-ant-plain-in-the-config")),
)


def test_the_originals_keys_are_read_and_its_accounts_are_not() -> None:
    found = stored_profiles(ORIGINAL)

    assert {name: each.key.text for name, each in found.items() if each.key} == {
        "anthropic:default": "sk-ant-stored",
        "anthropic:ref": "env:K",
    }


def test_what_the_original_knew_of_a_bill_is_kept() -> None:
    record = records(ORIGINAL)["anthropic:default"]

    assert record == Record(NOW - 1, {EVERY_MODEL: Trouble("billing", 2, NOW - 9, NOW + 5)})


def test_what_is_written_is_read_again() -> None:
    kept = {
        "anthropic:work": Record(
            NOW,
            {
                OPUS: Trouble("rate_limit", 3, NOW, NOW + 1000),
                "claude-haiku-4-5": Trouble("auth", 1, NOW, None, "abc123"),
                EVERY_MODEL: Trouble("billing", 3, NOW, NOW + 2000),
            },
        ),
        "anthropic:plain": Record(NOW - 4),
    }

    document = filled({}, PROFILES, kept, {"anthropic": "anthropic:plain"})

    assert records(document) == kept
    assert document["lastGood"] == {"anthropic": "anthropic:plain"}
    work = document["usageStats"]["anthropic:work"]
    assert (work["cooldownUntil"], work["disabledUntil"], work["disabledReason"]) == (
        NOW + 1000,
        NOW + 2000,
        "billing",
    )
    assert (work["errorCount"], work["lastFailureAt"]) == (3, NOW)
    assert work["failureCounts"] == {"rate_limit": 3, "auth": 1, "billing": 3}


def test_our_keys_are_named_and_never_written() -> None:
    document = filled({}, PROFILES, {}, {})

    assert document["profiles"]["anthropic:work"]["keyRef"] == "env:WORK"
    assert "sk-ant-plain" not in str(document)
    assert stored_profiles(document) == {}


def test_what_is_not_ours_stays_and_what_was_ours_goes_with_the_config() -> None:
    kept = {"anthropic:default": Record(NOW)}

    first = filled(ORIGINAL, PROFILES, kept, {})
    second = filled(first, PROFILES[:1], kept, {})

    assert second["somethingElse"] == [1, 2]
    assert second["order"] == ORIGINAL["order"]
    assert second["profiles"]["anthropic:default"] == ORIGINAL["profiles"]["anthropic:default"]
    assert "anthropic:plain" not in second["profiles"]
    assert second["usageStats"]["anthropic:default"] == {
        "lastUsed": NOW,
        "errorCount": 0,
        "note": "a stranger's",
    }


@pytest.mark.parametrize(
    "document",
    [
        {"profiles": [], "usageStats": "x", "lastGood": 3},
        {"usageStats": {"a": {"models": {"m": {"reason": "odd"}}, "lastUsed": -1}}},
        {"usageStats": {"a": {"models": {"m": {"reason": "rate_limit", "cooldownUntil": "soon"}}}}},
    ],
)
def test_what_has_no_form_we_know_is_passed_over(document: dict[str, Any]) -> None:
    assert stored_profiles(document) == {}
    assert all(
        not each.active(NOW) for record in records(document).values() for each in record.troubles.values()
    )
    filled(document, PROFILES, {}, {})


@pytest.mark.parametrize("data", [b"", b"[]", b"{"])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(data)

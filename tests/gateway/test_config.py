import pytest
from pydantic import ValidationError

from openclaw.gateway.config import Binding, CommandsConfig, DeliveryConfig, PeerMatch, TraceConfig


def test_a_binding_is_read_as_the_original_writes_it() -> None:
    binding = Binding.model_validate(
        {
            "agentId": "work",
            "comment": "business",
            "match": {"channel": "telegram", "accountId": "*", "peer": {"kind": "dm", "id": 821071206}},
        }
    )

    assert (binding.agent_id, binding.comment, binding.match.account_id) == ("work", "business", "*")
    assert binding.match.peer == PeerMatch(kind="direct", id="821071206")


def test_a_binding_names_an_agent_or_a_tier() -> None:
    by_tier = Binding.model_validate({"match": {"channel": "sms", "tier": "first"}})
    assert (by_tier.agent_id, by_tier.match.tier) == ("", "first")
    with pytest.raises(ValidationError, match=r"agentId, or match\.tier"):
        Binding.model_validate({"match": {"channel": "sms"}})


def test_owners_are_ids_even_when_written_as_numbers() -> None:
    assert CommandsConfig.model_validate(
        {"ownerAllowFrom": [821071206, " telegram:7 "]}
    ).owner_allow_from == (
        "821071206",
        "telegram:7",
    )


def test_nothing_said_means_the_policy_follows_the_audience() -> None:
    assert (DeliveryConfig().on_ambiguous, DeliveryConfig().retry_attempts) == (None, 8)


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        DeliveryConfig.model_validate({"retryAttempts": 0})
    with pytest.raises(ValidationError):
        TraceConfig.model_validate({"retentionDays": 0})

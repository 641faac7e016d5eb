import pytest
from pydantic import ValidationError

from openclaw.web.config import GatewayConfig, WebhooksConfig


def test_the_defaults_are_the_contracts() -> None:
    gateway, webhooks = GatewayConfig(), WebhooksConfig()
    assert (gateway.port, gateway.bind, gateway.auth.mode) == (18789, "loopback", "token")
    assert gateway.http.endpoints.chat_completions.enabled
    assert (webhooks.port, webhooks.bind, webhooks.max_body_bytes) == (18793, "loopback", 1_048_576)
    limit = gateway.auth.rate_limit
    assert (limit.max_attempts, limit.window_ms, limit.lockout_ms, limit.exempt_loopback) == (
        10,
        60_000,
        300_000,
        True,
    )


def test_keys_are_read_as_the_file_writes_them_and_the_token_does_not_print() -> None:
    gateway = GatewayConfig.model_validate(
        {"customBindHost": "192.168.1.5", "auth": {"token": "very-secret", "rateLimit": {"maxAttempts": 3}}}
    )
    assert gateway.custom_bind_host == "192.168.1.5"
    assert gateway.auth.rate_limit.max_attempts == 3
    assert "very-secret" not in repr(gateway)


@pytest.mark.parametrize("wrong", [{"port": 70000}, {"bind": "everywhere"}, {"auth": {"mode": "password"}}])
def test_what_cannot_be_meant_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GatewayConfig.model_validate(wrong)

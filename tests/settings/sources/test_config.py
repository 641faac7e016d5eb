import pytest
from pydantic import ValidationError

from openclaw.settings.sources.config import NO_SECRETS, SecretProvider, secrets_config


@pytest.mark.parametrize("raw", [{}, {"secrets": 5}, {"secrets": {"providers": []}}])
def test_without_providers_there_are_none(raw: dict[str, object]) -> None:
    assert secrets_config(raw) == NO_SECRETS


def test_a_provider_that_cannot_be_used_costs_itself_alone() -> None:
    raw = {"secrets": {"providers": {"a": {"source": "exec", "command": "relative"}, "b": {"source": "env"}}}}

    assert list(secrets_config(raw).providers) == ["b"]


def test_a_provider_is_found_by_name_or_by_the_kinds_default_and_only_for_its_kind() -> None:
    raw = {
        "secrets": {
            "providers": {"vault": {"source": "exec", "command": "/bin/true"}, "default": {"source": "env"}},
            "defaults": {"exec": "vault"},
        }
    }
    found = secrets_config(raw)

    assert found.provider("exec", None) == ("vault", found.providers["vault"])
    assert found.provider("env", None) == ("default", found.providers["default"])
    assert found.provider("file", "vault") == ("vault", None)


def test_no_program_is_waited_for_longer_than_five_seconds() -> None:
    assert SecretProvider(source="exec", timeout_ms=60_000).seconds == 5
    with pytest.raises(ValidationError):
        SecretProvider(source="exec", timeout_ms=0)

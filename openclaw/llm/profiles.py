"""Which key a provider is asked with. Pure; the first one for now."""

from collections.abc import Iterable, Iterator

from openclaw.llm.catalog import find_provider
from openclaw.llm.config import AuthConfig, AuthProfile, ModelsConfig, ProviderEntry
from openclaw.types.secrets import SecretRef


def first_key(provider: str, models: ModelsConfig, auth: AuthConfig) -> SecretRef | None:
    return next(_keys(provider, models, auth), None)


def has_any_key(models: ModelsConfig, auth: AuthConfig) -> bool:
    return any(_keys_of((*models.providers.values(), *auth.profiles.values())))


def _keys(provider: str, models: ModelsConfig, auth: AuthConfig) -> Iterator[SecretRef]:
    """The ordered profiles, the other ones, the provider's own key."""
    ordered = next((names for name, names in auth.order.items() if name.lower() == provider), ())
    rest = (name for name in auth.profiles if name not in ordered)
    profiles = [
        (name, profile) for name in (*ordered, *rest) if (profile := auth.profiles.get(name)) is not None
    ]
    entry = find_provider(provider, models)
    return _keys_of(
        [
            *(
                each
                for name, each in profiles
                if (each.provider or name.partition(":")[0]).lower() == provider
            ),
            *([entry] if entry is not None else []),
        ]
    )


def _keys_of(holders: Iterable[ProviderEntry | AuthProfile]) -> Iterator[SecretRef]:
    """An empty key in the config is none."""
    return (key for holder in holders if (key := holder.api_key) is not None and key.text)

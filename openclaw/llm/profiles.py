"""The keys of a provider, and in which order they are used. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openclaw.llm.catalog import find_provider, needs_key
from openclaw.llm.config import AuthConfig, ModelsConfig
from openclaw.types.secrets import SecretRef


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    """`anthropic:work`: the provider, and the owner's name for the key."""
    provider: str
    key: SecretRef | None
    """None: a server on this machine, or the offline model, which ask for none."""
    own: bool = False
    """The provider's own `apiKey` or variable: used behind all keys that have a name."""


Stored = Mapping[str, Profile]
"""Keys that the original keeps in its state file, by id."""


def profiles_of(provider: str, models: ModelsConfig, auth: AuthConfig, stored: Stored) -> tuple[Profile, ...]:
    """As the owner has put them: the ordered ones, the other ones, the provider's own key."""
    named = [*_order(provider, auth), *auth.profiles, *stored]
    found = {name: each for name in named if (each := _named(name, auth, stored)) is not None}
    ours = [profile for profile in found.values() if profile.provider == provider]
    entry = find_provider(provider, models)
    own = entry.api_key if entry is not None else None
    if own is not None and own.text and all(profile.key != own for profile in ours):
        name = f"{provider}:default" if f"{provider}:default" not in found else f"{provider}:config"
        place = _order(provider, auth)
        ours.append(Profile(name, provider, own, own=name not in place))
        ours.sort(key=lambda profile: place.index(profile.id) if profile.id in place else len(place))
    return tuple(ours)


def is_ordered(provider: str, auth: AuthConfig) -> bool:
    return bool(_order(provider, auth))


def queue(
    profiles: Sequence[Profile], used: Mapping[str, int], *, ordered: bool, favourite: str | None
) -> list[Profile]:
    """Who is asked first. Without an order of the owner's, the key that has rested longest.

    The session's `favourite` goes first: its provider has the conversation in the cache.
    """
    rested = (
        list(profiles) if ordered else sorted(profiles, key=lambda each: (each.own, used.get(each.id, 0)))
    )
    return sorted(rested, key=lambda profile: profile.id != favourite)


def can_ask_any(models: ModelsConfig, auth: AuthConfig, stored: Stored) -> bool:
    """Whether there is a key at all, or a server that needs none."""
    if any(
        entry.api and entry.base_url and not needs_key(entry.api, entry.base_url)
        for entry in models.providers.values()
    ):
        return True
    providers = {name.lower() for name in models.providers}
    providers |= {each.provider for name in auth.profiles if (each := _named(name, auth, stored))}
    providers |= {profile.provider for profile in stored.values()}
    return any(profiles_of(provider, models, auth, stored) for provider in providers)


def named_profile(text: str, provider: str, ids: Sequence[str]) -> str | None:
    """The id of the key that a person means by `work` or `anthropic:work`."""
    wanted = text.strip().lower()
    return next((name for name in ids if name.lower() in {wanted, f"{provider}:{wanted}"}), None)


def _order(provider: str, auth: AuthConfig) -> tuple[str, ...]:
    return next((names for name, names in auth.order.items() if name.lower() == provider), ())


def _named(name: str, auth: AuthConfig, stored: Stored) -> Profile | None:
    """None for a key that is not there; an empty one in the config is not."""
    entry, kept = auth.profiles.get(name), stored.get(name)
    if entry is not None and entry.api_key is not None and entry.api_key.text:
        return Profile(name, (entry.provider or name.partition(":")[0]).lower(), entry.api_key)
    return kept

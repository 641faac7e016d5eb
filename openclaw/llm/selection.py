"""Which model a name means. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from openclaw.llm.catalog import (
    DEFAULT_PROVIDER,
    OFFLINE_MODEL,
    SNAPSHOT,
    VENDORS,
    ModelRef,
    find_provider,
    is_vendors_own,
    known_models,
    parse_ref,
)
from openclaw.llm.chat import ThinkingLevel
from openclaw.llm.config import ModelsConfig
from openclaw.llm.profiles import named_profile

NEAREST = 3
_ALIKE = 0.8
"""How much of a word must be right for a guess."""
_WORDS = re.compile(r"[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Listed:
    """What `agents.defaults.models` says of a model."""

    alias: str | None = None
    thinking: ThinkingLevel | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    config: ModelsConfig
    listed: Mapping[str, Listed] = field(default_factory=dict)
    """By `provider/model`. When there is any, only these may be chosen."""
    profiles: tuple[str, ...] = ()
    """The names of all keys."""

    def entry(self, ref: ModelRef) -> Listed:
        named = (each for name, each in self.listed.items() if parse_ref(name, self.config) == ref)
        return next(named, Listed())

    def alias(self, ref: ModelRef) -> str:
        return self.entry(ref).alias or ""


@dataclass(frozen=True, slots=True)
class Found:
    ref: ModelRef
    profile: str | None = None
    """The key that was named with it, as in `opus@work`."""


@dataclass(frozen=True, slots=True)
class Unknown:
    text: str
    nearest: tuple[str, ...]
    """`provider/model`, the most alike first."""
    forbidden: bool = False
    """It is known, but not among those that may be chosen."""


def canonical(text: str | None, menu: Menu) -> ModelRef:
    """What the owner's config means by a name: an alias, `provider/model`, or a bare name."""
    wanted = (text or "").strip().lower()
    for ref, listed in menu.listed.items():
        if listed.alias is not None and listed.alias.lower() == wanted:
            return parse_ref(ref, menu.config)
    return parse_ref(text, menu.config)


def find_model(text: str, menu: Menu) -> Found | Unknown:
    """What a person means who chooses a model."""
    name, profile = _without_pin(text.strip(), menu)
    ref = canonical(name, menu)
    choices = choosable(menu)
    if ref not in choices and "/" not in name:
        namesakes = [choice for choice in choices if choice.model.lower() == name.lower()]
        ref = namesakes[0] if len(namesakes) == 1 else ref
    known = ref in choices or _is_known(ref, menu.config, bare="/" not in name)
    if known and (ref in choices or not menu.listed):
        return Found(ref, profile)
    return Unknown(name, nearest(name, menu), forbidden=known)


def guess_model(text: str, menu: Menu) -> Found | None:
    """For `/new <model>`: also part of a name, a provider, or a name with a slip in it."""
    if not text.strip():
        return None
    found = find_model(text, menu)
    if isinstance(found, Found):
        return found
    wanted, choices = text.strip().lower(), choosable(menu)
    of_provider = [ref for ref in choices if ref.provider == wanted]
    if of_provider:
        return Found(_newest(of_provider))
    words = _WORDS.findall(wanted)
    if not any(len(word) > 2 and word.isalpha() for word in words):
        return None
    alike = [ref for ref in choices if min(_likenesses(words, _names(ref, menu))) >= _ALIKE]
    if not alike:
        return None
    best = max(sum(_likenesses(words, _names(ref, menu))) for ref in alike)
    return Found(_newest([ref for ref in alike if sum(_likenesses(words, _names(ref, menu))) == best]))


def nearest(text: str, menu: Menu) -> tuple[str, ...]:
    wanted = text.strip().lower()
    words = _WORDS.findall(wanted) or [wanted]

    def distance(ref: ModelRef) -> float:
        alike = _likenesses(words, _names(ref, menu))
        whole = max(SequenceMatcher(None, wanted, name).ratio() for name in (ref.model.lower(), str(ref)))
        return -(sum(alike) / len(alike) + whole)

    return tuple(str(ref) for ref in sorted(choosable(menu), key=distance)[:NEAREST])


def choosable(menu: Menu) -> tuple[ModelRef, ...]:
    if menu.listed:
        return tuple(dict.fromkeys(parse_ref(ref, menu.config) for ref in menu.listed))
    return known_models(menu.config)


def model_of_channel(
    by_channel: Mapping[str, object], channel: str, chat: str, thread: str | None = None
) -> str | None:
    """`channels.modelByChannel`: `{telegram: {"-1001234:topic:7": …, "-1001234": …, "*": …}}`, or one name for all."""
    places = next((value for name, value in by_channel.items() if name.lower() == channel), None)
    if isinstance(places, str):
        return places or None
    if not isinstance(places, Mapping):
        return None
    names = [f"{chat}:topic:{thread}", chat, "*"] if thread is not None else [chat, "*"]
    return next((found for name in names if isinstance(found := places.get(name), str) and found), None)


def _without_pin(text: str, menu: Menu) -> tuple[str, str | None]:
    """`opus@work`. Some providers have an `@` in their models' names, so what follows it must be a key's name."""
    name, at, pin = text.rpartition("@")
    if not at:
        return text, None
    provider = canonical(name, menu).provider
    profile = named_profile(pin, provider, menu.profiles)
    return (name, profile) if profile is not None else (text, None)


def _is_known(ref: ModelRef, config: ModelsConfig, *, bare: bool) -> bool:
    """An endpoint of the owner's may have any model; who means one that we do not know names its provider too."""
    if str(ref) == OFFLINE_MODEL:
        return True
    if ModelRef(ref.provider, SNAPSHOT.sub("", ref.model)) in known_models(config):
        return True
    entry = find_provider(ref.provider, config)
    if entry is None:
        # Whether there is a key for it is told when it is asked.
        return config.mode == "merge" and ref.provider in VENDORS and ref.provider != DEFAULT_PROVIDER
    base_url = entry.base_url or VENDORS[DEFAULT_PROVIDER].base_url
    all_known = ref.provider == DEFAULT_PROVIDER and is_vendors_own(base_url)
    return not (bare or entry.models or all_known) and config.mode == "merge"


def _names(ref: ModelRef, menu: Menu) -> list[str]:
    """The words by which a model may be called."""
    return _WORDS.findall(f"{ref} {menu.alias(ref)}".lower())


def _likenesses(words: list[str], names: list[str]) -> list[float]:
    """How well each of the words is found among the names."""
    return [max((_likeness(word, name) for name in names), default=0.0) for word in words]


def _likeness(word: str, name: str) -> float:
    if word.isdigit() or name.isdigit():
        return float(word == name)
    return 1.0 if len(word) > 2 and name.startswith(word) else SequenceMatcher(None, word, name).ratio()


def _newest(refs: list[ModelRef]) -> ModelRef:
    def version(ref: ModelRef) -> tuple[bool, list[int], int]:
        numbers = [int(number) for number in re.findall(r"\d+", SNAPSHOT.sub("", ref.model))]
        return ref.provider == DEFAULT_PROVIDER, numbers, -len(ref.model)

    return max(refs, key=version)

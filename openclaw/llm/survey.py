"""What models and keys there are, as the contract lists them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openclaw.llm.auth_file import EVERY_MODEL
from openclaw.llm.catalog import ModelRef, find_entry, model_info
from openclaw.llm.chat import ThinkingLevel
from openclaw.llm.cooling import Trouble
from openclaw.llm.profiles import Profile
from openclaw.llm.selection import Menu, choosable
from openclaw.llm.thinking import LEVELS

Json = dict[str, Any]


def model_rows(
    menu: Menu, default: ModelRef, levels: Mapping[ModelRef, ThinkingLevel], usable: frozenset[ModelRef]
) -> list[Json]:
    """`usable`: those that can be asked. The default one first, whether or not it may be chosen."""
    refs = dict.fromkeys((default, *choosable(menu)))
    return [_model_row(ref, menu, default, levels.get(ref, "off"), ref in usable) for ref in refs]


def _model_row(ref: ModelRef, menu: Menu, default: ModelRef, level: ThinkingLevel, available: bool) -> Json:
    info, entry, alias = (
        model_info(ref, menu.config),
        find_entry(ref.provider, ref.model, menu.config),
        menu.alias(ref),
    )
    price = info.price
    return {
        "id": ref.model,
        "name": (entry.name if entry is not None else "") or ref.model,
        "provider": ref.provider,
        **({"alias": alias} if alias else {}),
        "contextWindow": info.context_window,
        "maxTokens": info.max_output,
        "reasoning": info.reasoning,
        "tags": ["default"] if ref == default else [],
        "thinkingLevels": [
            {"id": name, "label": name} for name in (LEVELS if info.reasoning else LEVELS[:1])
        ],
        "thinkingDefault": level,
        "available": available,
        "cost": {
            "input": price.input,
            "output": price.output,
            "cacheRead": price.cache_read,
            "cacheWrite": price.cache_write,
        },
    }


def profile_row(profile: Profile, used: int, troubles: Mapping[str, Trouble]) -> Json:
    state, until, reason = _worst(list(troubles.values()))
    return {
        "id": profile.id,
        "provider": profile.provider,
        "state": state,
        "until": until,
        "reason": reason,
        "lastUsed": used or None,
        "models": [
            {"model": model, **dict(zip(("state", "until", "reason"), _worst([trouble]), strict=True))}
            for model, trouble in troubles.items()
            if model != EVERY_MODEL
        ],
    }


def _worst(troubles: Sequence[Trouble]) -> tuple[str, int | None, str | None]:
    """State, until when (milliseconds since 1970; None where only another key helps), and why."""
    disabled = [each for each in troubles if each.reason != "rate_limit"]
    found = disabled or list(troubles)
    if not found:
        return "ok", None, None
    return ("disabled" if disabled else "cooling"), _latest(found), found[0].reason


def _latest(troubles: Iterable[Trouble]) -> int | None:
    ends = [each.until for each in troubles]
    return None if None in ends else max(end for end in ends if end is not None)

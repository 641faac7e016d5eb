"""Keys of models and lists of those who are let in, as the original keeps them. Pure."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openclaw.migrate.original.config import PUT_AWAY, secret_reference
from openclaw.migrate.records import FoundList, FoundSecret, Json, Told

CHANNELS = frozenset({"telegram", "whatsapp", "sms", "voice", "salesmsg", "quo"})
TARGET = "agents/{agent}/agent/auth-profiles.json"
_LIST_FILE = re.compile(r"([a-z0-9]+)(?:-(.+))?-allowFrom\.json")
_STATE = ("order", "lastGood", "usageStats")


def list_file(name: str) -> tuple[str, str] | None:
    """Channel and account of an allow list's file."""
    match = _LIST_FILE.fullmatch(name)
    return (match[1], match[2] or "default") if match else None


def allow_list(source: str, place: tuple[str, str], entries: object) -> FoundList:
    channel, account = place
    listed = entries if isinstance(entries, list) else []
    ids = [str(each).strip().removeprefix(f"{channel}:") for each in listed if isinstance(each, str | int)]
    return FoundList(source, channel, account, tuple(dict.fromkeys(filter(None, ids))))


def list_target(found: FoundList) -> str:
    account = "" if found.account == "default" else f"-{found.account}"
    return f"credentials/{found.channel}{account}-allowFrom.json"


def merged_profiles(documents: Sequence[Json]) -> Json | None:
    """One set for all agents; of two with one name the first counts."""
    if not documents:
        return None
    merged: Json = {"version": 1, "profiles": {}}
    for document in documents:
        merged["profiles"] = {**_object(document.get("profiles")), **merged["profiles"]}
        for name in _STATE:
            if state := _object(document.get(name)):
                merged[name] = {**state, **merged.get(name, {})}
    return merged


def our_profiles(
    document: Json, state: Path, source: str, target: str
) -> tuple[Json, list[FoundSecret], list[Told]]:
    """With references in place of the keys, and without what cannot be used here."""
    kept: Json = {}
    secrets: list[FoundSecret] = []
    told: list[Told] = []
    for name, profile in _object(document.get("profiles")).items():
        what = f"key {name}"
        entry, secret, why = _profile(name, _object(profile), state)
        if entry is None:
            told.append(Told("left", what, source, "", why))
            continue
        kept[name] = entry
        if secret is not None:
            secrets.append(secret)
        told.append(Told("adapted" if secret else "came over", what, source, target, why))
    fared = {
        part: {
            name: value
            for name, value in _object(document.get(part)).items()
            if _belongs(part, value, name, kept)
        }
        for part in _STATE
    }
    whole = {"version": 1, "profiles": kept, **{part: found for part, found in fared.items() if found}}
    return whole, secrets, told


def _belongs(part: str, value: object, name: str, kept: Mapping[str, Any]) -> bool:
    if part == "lastGood":
        return value in kept
    return name in kept if part == "usageStats" else isinstance(value, list)


def _profile(
    name: str, profile: Mapping[str, Any], state: Path
) -> tuple[Json | None, FoundSecret | None, str]:
    kind = profile.get("type")
    if kind != "api_key":
        return (
            None,
            None,
            (
                "an account's login belongs to the program that was logged in: make an API key, then set it with"
                " openclaw onboard"
                if kind in {"oauth", "token"}
                else "it is of a kind that is not known here"
            ),
        )
    entry = {key: value for key, value in profile.items() if key not in {"key", "keyRef"}}
    match profile.get("keyRef") or profile.get("key"):
        case str(text) if text.startswith(("env:", "file:", "op://", "keychain:")) or "${" in text:
            return {**entry, "keyRef": text}, None, ""
        case str(text) if text:
            secret = FoundSecret(f"auth.{name}", text)
            return {**entry, "keyRef": secret_reference(state, secret.name)}, secret, PUT_AWAY
        case {"source": "env", "id": str(variable)}:
            return {**entry, "keyRef": {"source": "env", "id": variable}}, None, ""
        case dict():
            return (
                None,
                None,
                "its reference is of a kind that is not read here: use env:, file:, op:// or keychain:",
            )
        case _:
            return None, None, "there is no key in it"


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

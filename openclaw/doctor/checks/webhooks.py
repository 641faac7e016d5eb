"""What the outside calls: whether it reaches us, is believed, and is sent to where we listen."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import anyio

from openclaw.doctor.asking import Asking, reason
from openclaw.doctor.checking import apart
from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Alive, Premises
from openclaw.net.fetched import OutboundError
from openclaw.ops import drift, registration
from openclaw.ops.drift import Drift
from openclaw.settings.model import Settings
from openclaw.store.inspection import DamagedError, UnreadError, inspect
from openclaw.types.clock import parse_iso
from openclaw.types.errors import OpenClawError

_OTHERWISE = (
    "compare the secret at {channel} ({checkedBy}) with the config; if only strangers call, all is well"
)
_MENDS = {
    "not-ready": "see why {channel} has not read its secret: openclaw channels status",
    "too-large": "raise webhooks.maxBodyBytes if {channel} sends as much",
    "too-slow": "look at the tunnel: the request did not come whole in time",
    "method-not-allowed": "have {channel} call with {methods}",
}
"""By the reason of the refusal."""


# -- drift ------------------------------------------------------------------------------------------------


async def drifted(premises: Premises) -> Iterable[Finding]:
    """Twilio's numbers beside the config. That Twilio cannot be asked at all is told with the channels."""
    if not premises.asking.allowed or not drift.expectations(premises.settings):
        return ()
    try:
        return [_drifted(each) for each in await drift.look(premises.settings, premises.resolver)]
    except OpenClawError:
        return ()


def _drifted(each: Drift) -> Finding:
    return Finding(
        "webhooks.drift",
        "error",
        f"Twilio does not hand {_kind(each.channel)} for {each.number} to us: it has {each.found or 'nothing'}.",
        "What people send to that number does not arrive.",
        f"Set it to {each.wanted} (POST) in Twilio's console.",
    )


def _kind(channel: str) -> str:
    return "texts" if channel == "sms" else "calls"


# -- reachable --------------------------------------------------------------------------------------------


async def reachable(premises: Premises) -> Iterable[Finding]:
    """Only while the daemon runs: without it a tunnel leads nowhere."""
    if not premises.asking.allowed or not isinstance(premises.daemon, Alive):
        return ()
    found: dict[str, Finding | None] = {}

    async def ask(base: str, place: str) -> None:
        found[base] = await _asked(premises.asking, base, place)

    bases = dict(public_bases(premises.settings))
    async with anyio.create_task_group() as group:
        for base, place in bases.items():
            group.start_soon(ask, base, place)
    return [each for base in bases if (each := found[base]) is not None]


def public_bases(settings: Settings) -> Iterator[tuple[str, str]]:
    """Pure. Each public base with the place in the config where it stands."""
    for name in ("sms", "voice", "whatsapp"):
        config = getattr(settings.channels, name)
        if config is not None and config.enabled:
            for base in config.public_webhook_urls:
                yield base.rstrip("/"), f"channels.{name}.publicWebhookUrls"
    telegram = settings.channels.telegram
    for bot in telegram.each_account().values() if telegram is not None else ():
        url = (bot.webhook_url or "").strip()
        if url.endswith(bot.webhook_path):
            yield url.removesuffix(bot.webhook_path), "channels.telegram.webhookUrl"


async def _asked(asking: Asking, base: str, place: str) -> Finding | None:
    try:
        answer = await asking.get(f"{base}/healthz")
    except OutboundError as error:
        return _unreachable(base, place, reason(error))
    if answer.status == HTTPStatus.OK and b'"live"' in answer.body:
        return _inside(base, place)
    if answer.status == HTTPStatus.OK and b'"ok"' in answer.body:
        return None
    return _unreachable(base, place, f"something else answers there ({answer.status})")


def _inside(base: str, place: str) -> Finding:
    """The control plane says of itself that it lives; the public listener says less."""
    return Finding(
        "webhooks.control_plane",
        "error",
        f"The public address {base} leads to the control plane, where you command the assistant ({place}).",
        "Anybody on the internet may try your token there, and no webhook is served.",
        "Point the tunnel at the webhook port instead, now: openclaw ports",
    )


def _unreachable(base: str, place: str, why: str) -> Finding:
    return Finding(
        "webhooks.unreachable",
        "warn",
        f"The public address {base} does not lead to this assistant: {why}.",
        "Texts, calls and messages that its providers hand over there do not arrive.",
        f"Start the tunnel and point it at the webhook port (openclaw ports), or mend {place}.",
    )


# -- refused ----------------------------------------------------------------------------------------------


async def believed(premises: Premises) -> Iterable[Finding]:
    return list(refused(premises.daemon.webhooks)) if isinstance(premises.daemon, Alive) else ()


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The last call at a served path was refused."""

    path: str
    reason: str
    mend: str


def turned_away(rows: Sequence[Mapping[str, Any]]) -> Iterator[TurnedAway]:
    """Pure. `rows` as `webhooks.list` has them."""
    for row in rows:
        at, accepted = row.get("lastRefusedAt"), row.get("lastAcceptedAt")
        if not row.get("served") or not isinstance(at, str):
            continue
        if isinstance(accepted, str) and parse_iso(accepted) >= parse_iso(at):
            continue
        why = str(row.get("lastRefusal"))
        yield TurnedAway(str(row["path"]), why, _MENDS.get(why, _OTHERWISE).format_map(_spoken(row)))


def _spoken(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: ", ".join(each) if isinstance(each, list) else str(each) for name, each in row.items()}


def refused(rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Pure."""
    for each in turned_away(rows):
        yield Finding(
            "webhooks.refused",
            "warn",
            f"The last call at {each.path} was turned away ({each.reason}).",
            "If it was the provider's own, what it brought was lost.",
            f"{each.mend[:1].upper()}{each.mend[1:]}.",
        )


# -- registration -----------------------------------------------------------------------------------------


async def registered(premises: Premises) -> Iterable[Finding]:
    known = await apart(lambda: _looked_up(premises))
    return list(unregistered(premises.settings, known))


def _looked_up(premises: Premises) -> Mapping[str, str]:
    try:
        return inspect(premises.paths.ledger).registrations
    except (FileNotFoundError, DamagedError, UnreadError):
        return {}


def unregistered(settings: Settings, known: Mapping[str, str]) -> Iterator[Finding]:
    """Pure. `known`: what Twilio has told of our numbers."""
    if not settings.compliance.enabled:
        for words in registration.advice(settings):
            yield Finding(
                "compliance.off",
                "error",
                f"{words.partition('. ')[0]}.",
                "In the United States each text to somebody who wants none can cost hundreds of dollars.",
                "openclaw config unset compliance.enabled",
            )
        return
    for place, account in registration.unstated(settings):
        status = known.get(account.from_number or "", "unknown")
        if status != "approved":
            yield _unregistered(place, account.from_number or "", status)


def _unregistered(place: str, number: str, status: str) -> Finding:
    how = {"pending": "is not through yet", "denied": "was refused"}.get(status, "is not known")
    return Finding(
        "registration.unknown",
        "warn",
        f"The registration of {number} with the US carriers (A2P 10DLC) {how} ({place}).",
        "Until it is, only answers within a day leave, and what goes to authorised numbers.",
        "Register the number in Twilio's console; once it is settled:"
        " openclaw config set compliance.tenDlc.status approved",
    )

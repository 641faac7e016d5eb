"""One harmless question to each channel's provider: does it take what the config holds."""

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from openclaw.channels.quo.config import QuoConfig
from openclaw.channels.salesmsg.config import SalesmsgConfig
from openclaw.channels.salesmsg.tokens import Tokens
from openclaw.channels.telegram.config import TelegramAccount
from openclaw.channels.twilio.config import TwilioConfig
from openclaw.channels.whatsapp.cloud.graph import Access
from openclaw.channels.whatsapp.config import WhatsAppAccount
from openclaw.doctor.asking import Asking, reason
from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Premises
from openclaw.net.api_client import ApiClient
from openclaw.net.fetched import Fetched, OutboundError
from openclaw.types.errors import OpenClawError, SecretError
from openclaw.types.secrets import Resolver, Secret, SecretRef

_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
RECENT_SECONDS = 24 * 3600

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Probe:
    asking: Asking
    resolver: Resolver

    async def secret(self, reference: SecretRef | None) -> Secret | None:
        """None where there is none, or it cannot be read: that is told by the check of all secrets."""
        if reference is None or not reference.text:
            return None
        try:
            value = (await self.resolver.resolve(reference)).reveal().strip()
        except SecretError:
            return None
        return Secret(value) if value else None

    async def ask(self, who: str, url: str, headers: Mapping[str, str], place: str) -> Fetched | Finding:
        try:
            return await self.asking.get(url, headers)
        except OutboundError as error:
            return unreachable(who, place, reason(error))


def unreachable(who: str, place: str, why: str) -> Finding:
    return Finding(
        "channels.unreachable",
        "warn",
        f"{who} cannot be reached ({place}): {why}.",
        "Until it can be, nobody is heard or answered there.",
        f"Look at the network, and at {place}.apiRoot if you have set it.",
    )


def refused(what: str, place: str, key: str, where: str) -> Finding:
    return Finding(
        "channels.refused",
        "error",
        f"{what} ({place}.{key}).",
        "It is wrong, has expired or was taken back: nobody is heard or answered there.",
        f"{where}, then: openclaw secrets set {place}.{key}",
    )


PUT_AWAY, SET = "openclaw secrets set", "openclaw config set"


def absent(what: str, place: str, key: str, where: str, put: str = PUT_AWAY) -> Finding:
    return Finding(
        "channels.incomplete",
        "error",
        f"{place} is switched on, and {what} is missing ({place}.{key}).",
        "The channel does not work without it.",
        f"{where}, then: {put} {place}.{key}{'' if put == PUT_AWAY else ' …'}",
    )


def _object(answer: Fetched) -> Json:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


# -- Telegram ---------------------------------------------------------------------------------------------

_BOTFATHER = "Ask @BotFather in Telegram for the bot's token"


async def telegram(probe: Probe, bot: TelegramAccount, place: str) -> Sequence[Finding]:
    if bot.token is None:
        return [absent("the bot's token", place, "botToken", _BOTFATHER)]
    token = await probe.secret(bot.token)
    if token is None:
        return ()
    root = f"{bot.api_root.rstrip('/')}/bot{quote(token.reveal(), safe=':')}"
    itself = await probe.ask("Telegram", f"{root}/getMe", {}, place)
    if isinstance(itself, Finding):
        return [itself]
    if itself.status in {*_REFUSED, HTTPStatus.NOT_FOUND}:
        return [refused("Telegram does not take the bot's token", place, "botToken", _BOTFATHER)]
    hook = await probe.ask("Telegram", f"{root}/getWebhookInfo", {}, place)
    if isinstance(hook, Finding):
        return [hook]
    result = _object(hook).get("result")
    return hooked(result if isinstance(result, dict) else {}, bot, place, datetime.now(UTC).timestamp())


def hooked(info: Json, bot: TelegramAccount, place: str, now: float) -> list[Finding]:
    """Pure. `info`: what Telegram has as the bot's webhook."""
    url, wanted = str(info.get("url") or ""), (bot.webhook_url or "").strip()
    if url and not wanted:
        return [
            Finding(
                "channels.webhook_set",
                "warn",
                f"Telegram hands this bot's messages to {url}, while {place} is set to fetch them.",
                "As long as that stands nothing can be fetched. The assistant removes it when it starts.",
                f"openclaw serve; or, if that address is yours: openclaw config set {place}.webhookUrl {url}",
            )
        ]
    if wanted and url != wanted:
        return [
            Finding(
                "channels.webhook_differs",
                "warn",
                f"Telegram hands this bot's messages to {url or 'nobody'}, and {place}.webhookUrl is {wanted}.",
                "The messages do not arrive. The assistant sets the address when it starts.",
                "openclaw serve",
            )
        ]
    said, at = str(info.get("last_error_message") or ""), info.get("last_error_date")
    if wanted and said and isinstance(at, int) and now - at < RECENT_SECONDS:
        return [
            Finding(
                "channels.webhook_failing",
                "warn",
                f"Telegram could not deliver to {wanted}: {said}.",
                f"{info.get('pending_update_count', 0)} messages wait there.",
                "See whether the tunnel runs and leads to the webhook port: openclaw ports",
            )
        ]
    return []


# -- Twilio -----------------------------------------------------------------------------------------------

_CONSOLE = "Copy it from the first page of the Twilio console"


async def twilio(probe: Probe, account: TwilioConfig, place: str) -> Sequence[Finding]:
    if not account.account_sid:
        return [absent("the account's name, AC…", place, "accountSid", _CONSOLE, SET)]
    if account.auth_token is None:
        return [absent("the account's password", place, "authToken", _CONSOLE)]
    token, sid = await probe.secret(account.auth_token), account.account_sid.strip()
    if token is None:
        return ()
    login = base64.b64encode(f"{sid}:{token.reveal()}".encode()).decode()
    url = f"{account.api_root.rstrip('/')}/2010-04-01/Accounts/{quote(sid, safe='')}.json"
    answer = await probe.ask("Twilio", url, {"authorization": f"Basic {login}"}, place)
    if isinstance(answer, Finding):
        return [answer]
    if answer.status in _REFUSED:
        return [refused("Twilio does not take the account and its token", place, "authToken", _CONSOLE)]
    status = str(_object(answer).get("status") or "active") if answer.status == HTTPStatus.OK else "active"
    if status != "active":
        return [
            Finding(
                "channels.suspended",
                "error",
                f"Twilio says that the account is {status} ({place}).",
                "No text and no call goes through.",
                "Look at the Twilio console; mostly it is about money.",
            )
        ]
    return ()


# -- WhatsApp ---------------------------------------------------------------------------------------------

_META = "Make a token of a system user in Meta's Business settings"


async def cloud(probe: Probe, number: WhatsAppAccount, place: str) -> Sequence[Finding]:
    if number.access_token is None:
        return [absent("Meta's access token", place, "accessToken", _META)]
    if not number.phone_number_id:
        where = "Copy it from WhatsApp, API Setup in Meta's app dashboard"
        return [absent("Meta's id of your number", place, "phoneNumberId", where, SET)]
    token, app = await probe.secret(number.access_token), await probe.secret(number.app_secret)
    if token is None:
        return ()
    access = Access(token, app)
    query = urlencode({"fields": "display_phone_number", **access.proof()})
    url = f"{number.graph_root}/{number.graph_version}/{number.phone_number_id}?{query}"
    answer = await probe.ask("Meta", url, access.headers(), place)
    if isinstance(answer, Finding):
        return [answer]
    error = _object(answer).get("error")
    told = error if isinstance(error, dict) else {}
    if "appsecret_proof" in str(told.get("message")):
        where = "Copy it from App settings, Basic in Meta's app dashboard"
        return [refused("Meta says that the app secret belongs to another app", place, "appSecret", where)]
    if answer.status in _REFUSED or told.get("code") == 190:
        return [refused("Meta does not take the access token", place, "accessToken", _META)]
    return ()


# -- the business's texts ---------------------------------------------------------------------------------

_SALESMSG = "Make a personal access token at SalesMsg (Settings, API)"
_QUO = "Make a key at Quo (Settings, API)"


async def salesmsg(probe: Probe, config: SalesmsgConfig, premises: Premises) -> Sequence[Finding]:
    place = "channels.salesmsg"
    if config.api_token is None:
        return [absent("the token that answers are sent with", place, "apiToken", _SALESMSG)]
    client = ApiClient(config.api_root, config.timeout_seconds)
    async with aclosing(client):
        # The configured token is exchanged for another one every hour: what counts is the present one.
        tokens = Tokens(config.api_token, probe.resolver, client, premises.clock, premises.paths.credentials)
        try:
            token = await tokens.current()
        except OpenClawError:
            return ()
    url = f"{config.api_root.rstrip('/')}/messages"
    answer = await probe.ask("SalesMsg", url, {"authorization": f"Bearer {token}"}, place)
    if isinstance(answer, Finding):
        return [answer]
    if answer.status in _REFUSED or "unauthenticated" in answer.text.lower():
        return [refused("SalesMsg does not take the token", place, "apiToken", _SALESMSG)]
    return ()


async def quo(probe: Probe, config: QuoConfig) -> Sequence[Finding]:
    place = "channels.quo"
    if (key := await probe.secret(config.api_key)) is None:
        return ()  # that it is not set at all is told with the config
    url = f"{config.api_root.rstrip('/')}/phone-numbers"
    answer = await probe.ask("Quo", url, {"authorization": key.reveal()}, place)
    if isinstance(answer, Finding):
        return [answer]
    if answer.status in _REFUSED:
        return [refused("Quo does not take the key", place, "apiKey", _QUO)]
    return ()

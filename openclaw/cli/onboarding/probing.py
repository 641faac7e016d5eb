"""The key and the bot are tried before they are kept: one request each, to the place that the config names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from openclaw.cli.onboarding.answers import MistakenError
from openclaw.types.secrets import Secret

SECONDS = 15.0
POLL_SECONDS = 2
_LISTENED_SECONDS = POLL_SECONDS + 10.0
_ANTHROPIC = {"anthropic-version": "2023-06-01"}
_CHECK_THE_NET = "Check the connection, or a proxy in between"


@dataclass(frozen=True, slots=True)
class Heard:
    """Who wrote the word that the bot waited for."""

    sender: str
    name: str


class Probes(Protocol):
    def key(self, provider: str, key: Secret, base: str, model: str) -> None:
        """Raises MistakenError, with `anyway` where the key itself may be right."""

    def bot(self, root: str, token: Secret) -> str:
        """Its name. Raises MistakenError."""

    def hear(self, root: str, token: Secret, word: str) -> Heard | None:
        """Waits a moment for a private message that says it. Raises MistakenError where the bot cannot listen."""


class LiveProbes:
    """Satisfies `Probes`. Blocks."""

    def key(self, provider: str, key: Secret, base: str, model: str) -> None:
        import anyio

        status, body = anyio.run(_ask_model, provider, key, base, model)
        if status != 200:
            raise refusal(provider, status, body, model)

    def bot(self, root: str, token: Secret) -> str:
        import anyio

        answer = anyio.run(_telegram, root, token, "getMe", {}, SECONDS)
        return str(answer.get("username") or answer.get("first_name") or "your bot")

    def hear(self, root: str, token: Secret, word: str) -> Heard | None:
        import anyio

        # Without an offset nothing is confirmed: what people write meanwhile still waits for the assistant.
        asked = {"timeout": str(POLL_SECONDS), "limit": "100"}
        updates = anyio.run(_telegram, root, token, "getUpdates", asked, _LISTENED_SECONDS)
        return recognised(updates, word)


def recognised(updates: object, word: str) -> Heard | None:
    """Pure. Only a private message from a person counts: in a group anybody could repeat the word."""
    for update in updates if isinstance(updates, list) else ():
        message = update.get("message") if isinstance(update, dict) else None
        if not isinstance(message, dict) or (message.get("chat") or {}).get("type") != "private":
            continue
        sender = message.get("from") or {}
        if word in str(message.get("text", "")).split() and not sender.get("is_bot"):
            return Heard(str(sender["id"]), str(sender.get("first_name", "")))
    return None


async def _ask_model(provider: str, key: Secret, base: str, model: str) -> tuple[int, bytes]:
    from openclaw.net.api_client import ApiClient, UnansweredError, UnsentError

    client = ApiClient(base, SECONDS)
    path, headers, body = model_request(provider, key, model)
    try:
        answer = await client.post(path, json=body, headers=headers)
    except (UnsentError, UnansweredError) as error:
        raise MistakenError(f"{base} does not answer ({error}). {_CHECK_THE_NET}.", anyway=True) from None
    finally:
        await client.aclose()
    return answer.status, answer.body


def model_request(provider: str, key: Secret, model: str) -> tuple[str, dict[str, str], dict[str, object]]:
    """Pure. The smallest one that costs next to nothing and still tells whether the account pays."""
    body: dict[str, object] = {"model": model, "messages": [{"role": "user", "content": "Say yes."}]}
    if provider == "anthropic":
        return "/v1/messages", {**_ANTHROPIC, "x-api-key": key.reveal()}, {**body, "max_tokens": 1}
    limit = "max_completion_tokens" if provider == "openai" else "max_tokens"
    return "/chat/completions", {"authorization": f"Bearer {key.reveal()}"}, {**body, limit: 16}


def refusal(provider: str, status: int, body: bytes, model: str) -> MistakenError:
    """Pure."""
    from openclaw.llm.faults import fault_of_status
    from openclaw.llm.openai_faults import error_of, fault_of_refusal, words_of

    error = error_of(body)
    words = " ".join(words_of(error).split())[:160]
    fault = fault_of_status(status, words) if provider == "anthropic" else fault_of_refusal(status, error)
    said = f" It says: {words}" if words else ""
    match fault:
        case "auth":
            return MistakenError(f"{provider} does not take this key (HTTP {status}). Copy it anew, whole.")
        case "billing":
            return MistakenError(
                f"{provider} knows the key, and its account has no credit left. Top it up there.{said}",
                anyway=True,
            )
        case "rate_limited" | "overloaded" | "unreachable":
            return MistakenError(f"{provider} cannot answer right now (HTTP {status}).{said}", anyway=True)
        case _:
            return MistakenError(
                f"{provider} took the key and refused the request for {model} (HTTP {status}).{said}",
                anyway=True,
            )


async def _telegram(root: str, token: Secret, method: str, params: Mapping[str, str], seconds: float) -> Any:
    from openclaw.net.api_client import ApiClient, UnansweredError, UnsentError

    client = ApiClient(root, seconds)
    try:
        answer = await client.get(f"/bot{token.reveal()}/{method}", params=params)
    except (UnsentError, UnansweredError) as error:
        raise MistakenError(f"{root} does not answer ({error}). {_CHECK_THE_NET}.", anyway=True) from None
    finally:
        await client.aclose()
    return told(answer.status, answer.body)


def told(status: int, body: bytes) -> Any:
    """Pure. Telegram's result. Raises MistakenError."""
    try:
        answer = orjson.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise MistakenError(f"what answers is not Telegram (HTTP {status}).", anyway=True)
    if status in (401, 404):
        raise MistakenError("Telegram knows no bot with this token. Copy it anew from @BotFather, whole.")
    if status == 409:
        raise MistakenError("another program listens for this bot, or a webhook is set for it.", anyway=True)
    if not answer.get("ok"):
        words = str(answer.get("description", ""))[:160]
        raise MistakenError(f"Telegram refuses (HTTP {status}): {words}", anyway=True)
    return answer["result"]

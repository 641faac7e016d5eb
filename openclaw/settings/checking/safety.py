"""Combinations that would be insecure: the daemon does not start with them, and says which one it is."""

import re
import stat
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path

from openclaw.channels.telegram.config import TelegramAccount
from openclaw.settings.model import Settings
from openclaw.settings.references import read_reference
from openclaw.settings.sources.config import SecretsConfig
from openclaw.types.errors import ConfigError, SecretError
from openclaw.types.secrets import SecretRef

SHORTEST = 16
"""Characters of a secret that is shown to a network."""

Reveal = Callable[[SecretRef | None], str]
"""The value behind a reference; empty when there is none or it cannot be read."""
Rule = Callable[[Settings, Reveal], Iterator[ConfigError]]


def revealing(environ: Mapping[str, str], secrets: SecretsConfig | None = None) -> Reveal:
    def reveal(reference: SecretRef | None) -> str:
        try:
            return read_reference(reference.text, environ, secrets).strip() if reference else ""
        except SecretError:
            return ""

    return reveal


def insecurities(settings: Settings, reveal: Reveal) -> list[ConfigError]:
    """Every rule that the settings break."""
    return [error for rule in RULES for error in rule(settings, reveal)]


def refuse_insecure(settings: Settings, environ: Mapping[str, str]) -> None:
    """Raises the first ConfigError there is."""
    for error in insecurities(settings, revealing(environ, settings.secrets)):
        raise error


def _open_to_a_network(settings: Settings) -> bool:
    gateway = settings.gateway
    if gateway.bind == "custom" and gateway.custom_bind_host:
        return not _is_loopback(gateway.custom_bind_host)
    return gateway.bind != "loopback"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _network_without_authentication(settings: Settings, _: Reveal) -> Iterator[ConfigError]:
    if settings.gateway.auth.mode == "none" and _open_to_a_network(settings):
        yield ConfigError(
            "gateway.auth.mode",
            f'"none" with gateway.bind "{settings.gateway.bind}" would let anybody on the network in',
            'Set gateway.auth.mode to "token", or gateway.bind to "loopback".',
        )


def _network_without_token(settings: Settings, reveal: Reveal) -> Iterator[ConfigError]:
    auth = settings.gateway.auth
    if auth.mode != "token" or not _open_to_a_network(settings):
        return
    length = len(reveal(auth.token))
    if length < SHORTEST:
        what = f"has only {length} characters" if length else "is not set or cannot be read"
        yield ConfigError(
            "gateway.auth.token",
            f'it {what}, and gateway.bind is "{settings.gateway.bind}"',
            f'Set {SHORTEST} or more random characters, or gateway.bind to "loopback".',
        )


def _webhook_without_secret(settings: Settings, reveal: Reveal) -> Iterator[ConfigError]:
    telegram = settings.channels.telegram
    if telegram is None or not telegram.enabled:
        return
    accounts: dict[str, TelegramAccount] = {"channels.telegram": telegram}
    for name, account in telegram.each_account().items():
        if name in telegram.accounts:
            accounts[f"channels.telegram.accounts.{name}"] = account
    for place, account in accounts.items():
        if account.enabled and (account.webhook_url or "").strip():
            yield from _weak_webhook_secret(f"{place}.webhookSecret", reveal(account.webhook_secret))


def _weak_webhook_secret(key: str, secret: str) -> Iterator[ConfigError]:
    if not secret:
        problem = "it is not set or cannot be read, so anybody could post messages to webhookUrl"
    elif len(secret) < SHORTEST:
        problem = f"it has only {len(secret)} characters"
    elif not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        problem = "Telegram takes only A-Z, a-z, 0-9, _ and -, 256 of them at most"
    else:
        return
    yield ConfigError(
        key, problem, f"Set {SHORTEST} or more random letters and digits, or take webhookUrl out to poll."
    )


def _one_token_for_two_doors(settings: Settings, reveal: Reveal) -> Iterator[ConfigError]:
    token = reveal(settings.hooks.token)
    if token and token == reveal(settings.gateway.auth.token):
        yield ConfigError(
            "hooks.token",
            "it is the same as gateway.auth.token, so whoever may call a hook could do everything",
            "Set another one.",
        )


RULES: tuple[Rule, ...] = (
    _network_without_authentication,
    _network_without_token,
    _webhook_without_secret,
    _one_token_for_two_doors,
)


def refuse_open_folder(state: Path) -> None:
    """The state directory holds everything; raises ConfigError where others could write to it."""
    try:
        found = state.lstat()
    except FileNotFoundError:
        return
    key = str(state)
    if stat.S_ISLNK(found.st_mode):
        raise ConfigError(
            key, "the state directory is a symbolic link", "Set OPENCLAW_STATE_DIR to the real folder."
        )
    if not stat.S_ISDIR(found.st_mode):
        raise ConfigError(key, "the state directory is a file", "Move it away, or set OPENCLAW_STATE_DIR.")
    if found.st_mode & 0o022:
        raise ConfigError(key, "others may write to the state directory", f"Run: chmod 700 {state}")

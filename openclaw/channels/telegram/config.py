"""`channels.telegram` of the config file."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from openclaw.channels.telegram.groups import group_problems, group_rules, is_id
from openclaw.schema import ConfigPart, Ids, OwnPort, SecretField
from openclaw.types.groups import GroupAccess, GroupPolicy
from openclaw.types.secrets import SecretRef

MAX_TEXT = 4096
"""UTF-16 units of one message, as Telegram counts them after reading the markup."""
POLL_LIMIT_SECONDS = 50
"""Telegram answers a long poll after that long at the latest."""

DOWNLOAD_LIMIT_MB = 20
"""Telegram gives bots no larger file."""

DmPolicy = Literal["pairing", "allowlist", "open", "disabled"]
Streaming = Literal["off", "partial", "block", "progress"]


def _streaming(value: object) -> object:
    """The original has also had `true`, `false` and `{mode: …}` here."""
    if isinstance(value, Mapping):
        value = value.get("mode", "off")
    if isinstance(value, bool):
        return "partial" if value else "off"
    return value


def _without_prefix(value: object) -> object:
    values = value if isinstance(value, list | tuple) else [value]
    return [
        item.strip().removeprefix("telegram:").removeprefix("tg:") if isinstance(item, str) else item
        for item in values
    ]


TelegramIds = Annotated[Ids, BeforeValidator(_without_prefix)]


class RetryConfig(ConfigPart):
    """Read so that an existing file stays valid: the outbox does the retrying, `minDelayMs` apart."""

    attempts: int = Field(default=3, ge=1)
    min_delay_ms: int = Field(default=1000, ge=0)
    """The first wait after Telegram could not be reached or failed by itself."""
    max_delay_ms: int = Field(default=30_000, ge=0)
    jitter: float = Field(default=0.1, ge=0, le=1)


class TelegramCommands(ConfigPart):
    native: Literal["auto"] | bool = "auto"
    """False: Telegram's menu of this bot is left as it is."""


class TelegramAccount(ConfigPart):
    enabled: bool = True
    bot_token: SecretField | None = None
    token_file: str | None = None
    """A file that holds nothing but the token."""
    allow_from: TelegramIds = ()
    dm_policy: DmPolicy = "pairing"
    group_policy: GroupPolicy = "allowlist"
    group_allow_from: TelegramIds = ()
    """Who is answered in groups under `allowlist`. Empty: those of `allowFrom`."""
    groups: dict[str, Any] = Field(default_factory=dict)
    """By the group's number or `*`; read by `group_access`, so that one bad group shuts no other."""
    history_limit: int | None = Field(default=None, ge=0)
    """How much of a group's talk the assistant is told when it is called. None: `messages.groupChat`."""
    webhook_url: str | None = None
    """The public https address that Telegram posts to; absent means polling."""
    webhook_secret: SecretField | None = None
    webhook_path: str = Field(default="/webhooks/telegram", pattern=r"^/[^?#\s]*$")
    streaming: Annotated[Streaming, BeforeValidator(_streaming)] = "off"
    """A preview of the answer: whatever there is, its finished blocks, or the tools at work."""
    commands: TelegramCommands = TelegramCommands()
    block_streaming: bool | None = None
    """Send finished blocks while the model writes; then there is no preview. None: `blockStreamingDefault`."""
    media_max_mb: float = Field(default=DOWNLOAD_LIMIT_MB, gt=0, le=DOWNLOAD_LIMIT_MB)
    """A larger file that people attach is not fetched."""
    text_chunk_limit: int = Field(default=MAX_TEXT, ge=16, le=MAX_TEXT)
    api_root: str = Field(default="https://api.telegram.org", pattern=r"^https?://[^\s?#]+$")
    link_preview: bool = False
    timeout_seconds: float = Field(default=20, gt=0)
    """Of one request; a poll may take `pollSeconds` longer."""
    retry: RetryConfig = RetryConfig()
    poll_seconds: int = Field(default=POLL_LIMIT_SECONDS, gt=0, le=POLL_LIMIT_SECONDS)

    @property
    def token(self) -> SecretRef | None:
        if self.bot_token is not None:
            return self.bot_token
        return SecretRef(f"file:{self.token_file}") if self.token_file else None

    @property
    def allowed(self) -> tuple[str, ...]:
        """`allowFrom` without what is not an id: a username can change hands."""
        return tuple(entry for entry in self.allow_from if is_id(entry))

    @property
    def group_access(self) -> GroupAccess:
        speakers = self.group_allow_from or self.allow_from
        rules = group_rules(self.groups)
        return GroupAccess(self.group_policy, rules, frozenset(entry for entry in speakers if is_id(entry)))


# What tells one bot from another is never taken over from the part around the accounts.
_OWN = frozenset({"bot_token", "token_file", "webhook_url", "webhook_path"})


class TelegramConfig(TelegramAccount):
    webhook_port: OwnPort = None
    accounts: dict[str, TelegramAccount] = Field(default_factory=dict)
    """Further bots; what an account does not say is as written above it."""

    def each_account(self) -> Mapping[str, TelegramAccount]:
        """Every bot with what it inherits; those without a token of their own and those switched off left out."""
        found: dict[str, TelegramAccount] = {}
        if self.enabled and "default" not in self.accounts and (self.token is not None or not self.accounts):
            found["default"] = self
        for name, account in self.accounts.items():
            whole = self._inherited(name, account)
            if self.enabled and whole.enabled and whole.token is not None:
                found[name] = whole
        return found

    def problems(self) -> tuple[str, ...]:
        """What is wrong although it can be used, in words that say what to do."""
        return (*_own_problems("channels.telegram", self), *self._account_problems())

    def _account_problems(self) -> Iterator[str]:
        for name, account in self.accounts.items():
            place = f"channels.telegram.accounts.{name}"
            yield from _own_problems(place, account)
            if self._inherited(name, account).token is None:
                yield f"{place} has no token of its own and is not started: set {place}.botToken"

    def _inherited(self, name: str, account: TelegramAccount) -> TelegramAccount:
        shared = set(TelegramAccount.model_fields) - (frozenset() if name == "default" else _OWN)
        if account.bot_token is not None or account.token_file:
            shared -= {"bot_token", "token_file"}
        taken = {field: getattr(self, field) for field in shared - account.model_fields_set}
        if "webhook_path" not in shared | account.model_fields_set:
            taken["webhook_path"] = f"{self.webhook_path}/{name}"
        return account.model_copy(update=taken)


def _own_problems(place: str, account: TelegramAccount) -> Iterator[str]:
    listed = {"allowFrom": account.allow_from, "groupAllowFrom": account.group_allow_from}
    for key, entry in ((key, entry) for key, entries in listed.items() for entry in entries):
        if not is_id(entry):
            yield (
                f"{place}.{key}: {entry!r} is not a Telegram user id and lets nobody in;"
                " write the number that @userinfobot shows, such as 821071206"
            )
    if account.webhook_url and not account.webhook_secret:
        yield (
            f"{place}.webhookUrl is set without webhookSecret: the webhook is not served;"
            " set webhookSecret to 32 random letters and digits"
        )
    yield from group_problems(place, account.groups)

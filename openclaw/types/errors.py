"""The few errors that somebody catches. A new one only where an `except` treats it differently."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # Every command imports this module, and most of them know nothing of messages.
    from openclaw.types.messages import Address


class OpenClawError(Exception):
    """Its text says what, where and what to do; it may be shown to the owner as it is."""


class DeliveryError(OpenClawError):
    """A channel did not take a message: nothing was sent. `retry_after=None` means trying again cannot help."""

    def __init__(self, to: "Address", reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{to.channel} did not take the message for {to.chat}: {reason}")
        self.to = to
        self.reason = reason
        self.retry_after = retry_after


class AmbiguousDeliveryError(OpenClawError):
    """The request left, the answer did not come: the message may have been delivered or not."""

    def __init__(self, to: "Address", reason: str) -> None:
        super().__init__(f"{to.channel} may or may not have taken the message for {to.chat}: {reason}")
        self.to = to
        self.reason = reason


class ChannelError(OpenClawError):
    """A channel cannot go on for now. `wait_seconds` is what its provider asks for, else back-off decides."""

    def __init__(self, reason: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


class StorageFullError(OpenClawError):
    """The disk has no room: nothing was recorded, so nothing may be acknowledged."""


class StorageBusyError(OpenClawError):
    """Another process holds the ledger for longer than we wait."""


class ConfigError(OpenClawError):
    """The configuration cannot be used safely. `key` is the dotted path, `mend` what to do."""

    def __init__(self, key: str, problem: str, mend: str) -> None:
        super().__init__(f"{key}: {problem}. {mend}")
        self.key = key
        self.problem = problem
        self.mend = mend


class SecretError(OpenClawError):
    """A secret reference could not be read; the text names the reference, never a value."""

    def __init__(self, text: str, *, state: Literal["missing", "unreadable", "slow"] = "unreadable") -> None:
        super().__init__(text)
        self.state = state


class FetchError(OpenClawError):
    """A file that somebody sent cannot be had; its text says why, in words for the model and its reader."""


class EnclosureError(OpenClawError):
    """A channel does not take a file; its text says what it takes, in words for the model."""

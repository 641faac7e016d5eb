"""How often the ledger is copied, and how much is kept."""

from pydantic import Field

from openclaw.schema import ConfigPart


class LedgerCopies(ConfigPart):
    every_minutes: int = Field(default=60, ge=0, le=10_080)
    """0: none."""
    keep: int = Field(default=7, ge=1, le=1000)


class BackupConfig(ConfigPart):
    ledger: LedgerCopies = LedgerCopies()
    folder: str | None = None
    """Where `openclaw backup create` puts its files; without it, `backups` in the state directory."""
    keep: int = Field(default=7, ge=1, le=1000)
    """Of those files; the oldest beyond it are deleted."""

"""Signed-in browsers, remembered as long as the test lasts."""

from dataclasses import dataclass, field

from openclaw.store.browsers import BrowserRow

NOW = 1_795_228_142_000


@dataclass
class FakeBrowsers:
    rows: dict[str, BrowserRow] = field(default_factory=dict)
    """By the hash of what they show."""
    failing: Exception | None = None

    async def sign_in(self, sha256: str, name: str) -> tuple[BrowserRow, list[str]]:
        if self.failing is not None:
            raise self.failing
        row = BrowserRow(f"web_{len(self.rows) + 1}", name, NOW, NOW)
        self.rows[sha256] = row
        return row, []

    async def find(self, sha256: str) -> BrowserRow | None:
        return self.rows.get(sha256)

    async def listing(self) -> list[BrowserRow]:
        return list(self.rows.values())

    async def sign_out(self, browser_id: str | None) -> list[str]:
        gone = [row.id for row in self.rows.values() if browser_id in {None, row.id}]
        self.rows = {sha: row for sha, row in self.rows.items() if row.id not in gone}
        return gone


@dataclass
class FakeCodes:
    kept: dict[str, int] = field(default_factory=dict)

    async def keep(self, sha256: str, expires_at: int) -> None:
        self.kept[sha256] = expires_at

    async def take(self, sha256: str) -> bool:
        return self.kept.pop(sha256, None) is not None

    async def clear(self) -> None:
        self.kept.clear()

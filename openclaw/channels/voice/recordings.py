"""Recordings of calls: fetched from Twilio, kept for a while in `<state>/media/recordings/<CallSid>/`."""

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from openclaw.channels.twilio.signature import Credentials
from openclaw.channels.voice.parse import Recorded, Transcribed

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)
WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)
"""Seconds between tries: a recording is announced before it can be fetched."""
MAX_BYTES = 200_000_000
REQUEST_SECONDS = 120.0
_REDIRECTS = 3
SUFFIX = ".mp3"
_PENDING = ".pending"
_DAY_SECONDS = 86_400


class FetchError(Exception):
    """`again`: trying later may help."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.again = again


class RecordingShelf:
    def __init__(self, media: Path, api_root: str, *, waits: Sequence[float] = WAITS) -> None:
        self._folder = media / "recordings"
        self._root = api_root.rstrip("/")
        self._waits = waits

    async def note(self, recorded: Recorded) -> bool:
        """Remember on disk that it is to be fetched; False when it is here or on its way already."""
        return await anyio.to_thread.run_sync(self._note, recorded)

    async def pending(self) -> Sequence[Recorded]:
        """What an earlier life of the daemon was about to fetch."""
        return await anyio.to_thread.run_sync(self._pending)

    async def fetch(self, recorded: Recorded, credentials: Credentials) -> str | None:
        """Where it is now, beneath the state directory. None when it cannot be had; the next start tries again."""
        client = await anyio.to_thread.run_sync(_new_client)
        async with client:
            for wait in (*self._waits, None):
                try:
                    await self._fetch_once(client, recorded, credentials)
                    return f"media/recordings/{recorded.call}/{recorded.sid}{SUFFIX}"
                except FetchError as error:
                    if wait is None or not error.again:
                        logger.warning("the recording %s of %s: %s", recorded.sid, recorded.call, error)
                        return None
                    await anyio.sleep(wait)
        return None

    async def keep_transcript(self, found: Transcribed) -> bool:
        """Beside its recording; False when it is there already."""
        return await anyio.to_thread.run_sync(self._write_transcript, found)

    async def forget(self, days: int) -> Sequence[Path]:
        """Recordings and transcripts older than that are deleted; where they were."""
        return await anyio.to_thread.run_sync(self._forget, days)

    # -- in a thread ----------------------------------------------------------------------------------

    def _note(self, recorded: Recorded) -> bool:
        path = self._path(recorded)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            return False
        try:
            os.close(os.open(path.with_suffix(_PENDING), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def _pending(self) -> list[Recorded]:
        found = sorted(self._folder.glob(f"CA*/RE*{_PENDING}"))
        return [Recorded(path.stem, path.parent.name, complete=True) for path in found]

    def _write_transcript(self, found: Transcribed) -> bool:
        folder = self._folder / found.call
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, words = folder / f"{found.recording or found.sid}.txt", f"{found.text.strip()}\n".encode()
        if path.exists() and path.read_bytes() == words:
            return False
        _replace(path, words)
        return True

    def _forget(self, days: int) -> list[Path]:
        before, deleted = time.time() - days * _DAY_SECONDS, list[Path]()
        for path in self._folder.glob("CA*/*"):
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()
                deleted.append(path)
        for folder in self._folder.glob("CA*"):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        return deleted

    def _store(self, recorded: Recorded, part: Path) -> None:
        part.replace(self._path(recorded))
        self._path(recorded).with_suffix(_PENDING).unlink(missing_ok=True)

    def _path(self, recorded: Recorded) -> Path:
        return self._folder / recorded.call / f"{recorded.sid}{SUFFIX}"

    # -- over the network -----------------------------------------------------------------------------

    async def _fetch_once(
        self, client: "httpx.AsyncClient", recorded: Recorded, credentials: Credentials
    ) -> None:
        import httpx

        # Not the address in the webhook: the account's token goes nowhere but to Twilio.
        url = f"{self._root}/2010-04-01/Accounts/{credentials.account_sid}/Recordings/{recorded.sid}{SUFFIX}"
        login: httpx.BasicAuth | None = httpx.BasicAuth(
            credentials.account_sid, credentials.auth_token.reveal()
        )
        try:
            with anyio.fail_after(REQUEST_SECONDS):
                for _ in range(_REDIRECTS + 1):
                    async with client.stream("GET", url, auth=login) as answer:
                        if not answer.has_redirect_location:
                            await self._save(answer, recorded)
                            return
                        url, login = str(answer.url.join(answer.headers["location"])), None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError(f"{type(error).__name__}: {error}", again=True) from error
        except TimeoutError:
            raise FetchError(f"it was not fetched within {REQUEST_SECONDS:g} s", again=True) from None
        raise FetchError("too many redirects", again=False)

    async def _save(self, answer: "httpx.Response", recorded: Recorded) -> None:
        if answer.status_code != 200:
            again = answer.status_code in {404, 408, 425, 429} or answer.status_code >= 500
            raise FetchError(f"Twilio answered {answer.status_code}", again=again)
        part, size = _part_of(self._path(recorded)), 0
        async with await anyio.open_file(part, "wb") as file:
            async for chunk in answer.aiter_bytes(262_144):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise FetchError(f"it is larger than {MAX_BYTES:,} bytes", again=False)
                await file.write(chunk)
            await file.flush()
            await anyio.to_thread.run_sync(os.fsync, file.wrapped.fileno())
        await anyio.to_thread.run_sync(self._store, recorded, part)


def _new_client() -> "httpx.AsyncClient":
    """In a thread: loading the TLS certificates takes a while."""
    import httpx

    return httpx.AsyncClient(follow_redirects=False, trust_env=False)


def _part_of(path: Path) -> Path:
    """A recording and its transcript may be written at the same time."""
    return path.with_name(f"{path.name}.part")


def _replace(path: Path, data: bytes) -> None:
    part = _part_of(path)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

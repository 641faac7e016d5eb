"""A provider's HTTP API at an address from the config: whether a request that failed has left is never a guess."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from openclaw.net.fetched import Fetched
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0


class UnsentError(OpenClawError):
    """No connection: the provider knows nothing of the request."""


class UnansweredError(OpenClawError):
    """The request left, and no whole answer came."""


class ApiClient:
    def __init__(self, root: str, timeout_seconds: float) -> None:
        self._root = root.rstrip("/")
        self._seconds = timeout_seconds
        self._client: httpx.AsyncClient | None = None
        self._making = anyio.Lock()

    async def post(
        self,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """`path` begins with a slash. Any status that came is returned. Raises UnsentError, UnansweredError."""
        return await self._request("POST", path, json, params, headers)

    async def get(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """As `post`."""
        return await self._request("GET", path, None, params, headers)

    async def _request(
        self,
        method: str,
        path: str,
        json: object,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Fetched:
        import httpx

        unsent = (
            httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError,
            httpx.UnsupportedProtocol, httpx.InvalidURL,
        )  # fmt: skip
        client = await self._ready()
        try:
            with anyio.fail_after(self._seconds):
                answer = await client.request(
                    method, self._root + path, json=json, params=params, headers=headers
                )
        except unsent as error:
            raise UnsentError(_named(error)) from error
        except httpx.HTTPError as error:
            raise UnansweredError(_named(error)) from error
        except TimeoutError:
            raise UnansweredError(f"no answer within {self._seconds:g} s") from None
        return Fetched(self._root + path, answer.status_code, dict(answer.headers), answer.content)

    async def aclose(self) -> None:
        async with self._making:
            client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _ready(self) -> "httpx.AsyncClient":
        async with self._making:
            if self._client is None:
                # Making the TLS context reads the certificates from disk.
                self._client = await anyio.to_thread.run_sync(_new_client, self._seconds)
            return self._client


def _new_client(seconds: float) -> "httpx.AsyncClient":
    import httpx

    limits = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
    return httpx.AsyncClient(
        timeout=limits, follow_redirects=False, trust_env=False, headers={"User-Agent": "openclaw"}
    )


def _named(error: Exception) -> str:
    # Never the URL: it may hold what people wrote.
    return type(error).__name__

"""The way out to addresses that the owner's config names, or code the owner trusts."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from openclaw.net.fetched import ENCODINGS, Fetched, OutboundError, UnreadableBodyError, read_body
from openclaw.net.urls import joined, origin, origin_of, parsed, shown

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS = 10.0
SIZE_LIMIT = 2_000_000
REDIRECT_LIMIT = 3

Params = Mapping[str, str | int | float | bool]


class _Client:
    """One httpx client for every door, made at the first request."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None
        self._making = anyio.Lock()

    async def get(self) -> "httpx.AsyncClient":
        async with self._making:
            if self._client is None:
                # Making the TLS context reads the certificates from disk.
                self._client = await anyio.to_thread.run_sync(_new_client)
            return self._client

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _new_client() -> "httpx.AsyncClient":
    import httpx

    return httpx.AsyncClient(
        timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, headers={"User-Agent": "openclaw"}
    )


class Door:
    """Leads to the origins it was opened for and nowhere else.

    These come from the config file or from code the owner trusts, so they may be on loopback.
    """

    def __init__(
        self,
        origins: Iterable[str] = (),
        *,
        client: _Client | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._origins = frozenset(map(origin_of, origins))
        self._client = client or _Client()
        self._seconds = timeout_seconds

    def opened_for(self, origins: Iterable[str], *, timeout_seconds: float = TIMEOUT_SECONDS) -> "Door":
        """A door to these origins alone, through the same client."""
        return Door(origins, client=self._client, timeout_seconds=timeout_seconds)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def get(
        self, url: str, params: Params | None = None, *, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """Follows redirects within the origin. Raises OutboundError; any status that came is returned."""
        target = parsed(url).copy_merge_params(params) if params else parsed(url)
        return await self._ask(_request("GET", target, headers))

    async def post(self, url: str, json: object, *, headers: Mapping[str, str] | None = None) -> Fetched:
        return await self._ask(_request("POST", parsed(url), headers, json))

    async def get_json(self, url: str, params: Params | None = None) -> object:
        """The decoded answer; a status of 400 or more, or something other than JSON, is an OutboundError."""
        answer = await self.get(url, params, headers={"Accept": "application/json"})
        where = shown(parsed(answer.url))
        if answer.status >= 400:
            raise OutboundError(where, f"the server answered {answer.status}", status=answer.status)
        try:
            return json.loads(answer.body)
        except ValueError:
            raise OutboundError(where, "the answer is not JSON", status=answer.status) from None

    async def _ask(self, request: "httpx.Request") -> Fetched:
        home = origin(request.url)
        try:
            with anyio.fail_after(self._seconds):
                for _ in range(REDIRECT_LIMIT + 1):
                    answer = await self._step(request)
                    if (onward := _redirect(answer, request)) is None:
                        return answer
                    if origin(onward.url) != home:
                        raise OutboundError(shown(request.url), "it redirects to another server")
                    request = onward
        except TimeoutError:
            raise OutboundError(shown(request.url), f"no answer within {self._seconds:g} s") from None
        raise OutboundError(shown(request.url), "too many redirects")

    async def _step(self, request: "httpx.Request") -> Fetched:
        import httpx

        await self._admit(request.url)
        client = await self._client.get()
        request.headers.setdefault("User-Agent", client.headers["User-Agent"])
        request.headers.setdefault("Accept-Encoding", ENCODINGS)
        request.extensions["timeout"] = httpx.Timeout(self._seconds).as_dict()
        try:
            response = await client.send(request, stream=True)
            try:
                body = await _whole(response)
            finally:
                await response.aclose()
        except httpx.TimeoutException:
            raise TimeoutError from None
        except httpx.HTTPError as error:
            raise OutboundError(shown(request.url), str(error) or type(error).__name__) from error
        return Fetched(str(request.url), response.status_code, dict(response.headers), body)

    async def _admit(self, url: "httpx.URL") -> None:
        """The only guard, asked before every request and every redirect."""
        if origin(url) not in self._origins:
            raise OutboundError(shown(url), "this address is not among those the configuration allows")


def _request(
    method: str, url: "httpx.URL", headers: Mapping[str, str] | None, json: object = None
) -> "httpx.Request":
    import httpx

    return httpx.Request(method, url, headers=headers, json=json)


def _redirect(answer: Fetched, request: "httpx.Request") -> "httpx.Request | None":
    """Where a GET is sent on to; a POST is never repeated elsewhere."""
    location = answer.headers.get("location")
    if answer.status not in {301, 302, 303, 307, 308} or not location or request.method != "GET":
        return None
    onward = parsed(joined(request.url, location))
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    return _request("GET", onward, headers)


async def _whole(response: "httpx.Response") -> bytes:
    encoding = response.headers.get("content-encoding", "")
    try:
        body, cut = await read_body(response.aiter_raw(), encoding, SIZE_LIMIT)
    except UnreadableBodyError as error:
        raise OutboundError(shown(response.url), str(error)) from None
    if cut:
        raise OutboundError(shown(response.url), f"the answer is larger than {SIZE_LIMIT:,} bytes")
    return body

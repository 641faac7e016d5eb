"""The one door for HTTP to other people's servers on behalf of tools."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    import httpx  # brings a tenth of the start's time with it: imported where the first door is opened

TIMEOUT_SECONDS = 10.0
SIZE_LIMIT = 2_000_000
REDIRECT_LIMIT = 3

_DEFAULT_PORTS = {"http": 80, "https": 443}

Params = Mapping[str, str | int | float | bool]


class OutboundError(OpenClawError):
    """A request that was refused here, or brought no usable answer. `status`: what the server said, if it spoke."""

    def __init__(self, where: str, problem: str, *, status: int | None = None) -> None:
        super().__init__(f"{where}: {problem}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    url: str
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


def origin_of(url: str) -> str:
    """`https://api.example.org:443`. Raises OutboundError for what is no http(s) address."""
    return _origin(_parsed(url))


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

    def __init__(self, origins: Iterable[str] = (), *, client: _Client | None = None) -> None:
        self._origins = frozenset(origin_of(origin) for origin in origins)
        self._client = client or _Client()

    def opened_for(self, origins: Iterable[str]) -> "Door":
        """A door to these origins alone, through the same client."""
        return Door(origins, client=self._client)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def get(
        self, url: str, params: Params | None = None, *, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """Follows redirects within the origin. Raises OutboundError; any status that came is returned."""
        target = _parsed(url).copy_merge_params(params) if params else _parsed(url)
        return await self._ask(_request("GET", target, headers))

    async def post(self, url: str, json: object, *, headers: Mapping[str, str] | None = None) -> Fetched:
        return await self._ask(_request("POST", _parsed(url), headers, json))

    async def get_json(self, url: str, params: Params | None = None) -> object:
        """The decoded answer; a status of 400 or more, or something other than JSON, is an OutboundError."""
        answer = await self.get(url, params, headers={"Accept": "application/json"})
        where = _shown(_parsed(answer.url))
        if answer.status >= 400:
            raise OutboundError(where, f"the server answered {answer.status}", status=answer.status)
        try:
            return json.loads(answer.body)
        except ValueError:
            raise OutboundError(where, "the answer is not JSON", status=answer.status) from None

    async def _ask(self, request: "httpx.Request") -> Fetched:
        origin = _origin(request.url)
        try:
            with anyio.fail_after(TIMEOUT_SECONDS):
                for _ in range(REDIRECT_LIMIT + 1):
                    answer = await self._step(request)
                    if (onward := _redirect(answer, request)) is None:
                        return answer
                    if _origin(onward.url) != origin:
                        raise OutboundError(_shown(request.url), "it redirects to another server")
                    request = onward
        except TimeoutError:
            raise OutboundError(_shown(request.url), f"no answer within {TIMEOUT_SECONDS:.0f} s") from None
        raise OutboundError(_shown(request.url), "too many redirects")

    async def _step(self, request: "httpx.Request") -> Fetched:
        import httpx

        await self._admit(request.url)
        client = await self._client.get()
        request.headers.setdefault("User-Agent", client.headers["User-Agent"])
        try:
            response = await client.send(request, stream=True)
            try:
                body = await _capped(response)
            finally:
                await response.aclose()
        except httpx.TimeoutException:
            raise TimeoutError from None
        except httpx.HTTPError as error:
            raise OutboundError(_shown(request.url), str(error) or type(error).__name__) from error
        return Fetched(str(request.url), response.status_code, dict(response.headers), body)

    async def _admit(self, url: "httpx.URL") -> None:
        """The only guard, asked before every request and every redirect."""
        if _origin(url) not in self._origins:
            raise OutboundError(_shown(url), "this address is not among those the configuration allows")


def _request(
    method: str, url: "httpx.URL", headers: Mapping[str, str] | None, json: object = None
) -> "httpx.Request":
    import httpx

    return httpx.Request(method, url, headers=headers, json=json)


def _parsed(url: str) -> "httpx.URL":
    import httpx

    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise OutboundError(
            url[:200] if isinstance(url, str) else repr(url), f"no address: {error}"
        ) from None
    if parsed.scheme not in _DEFAULT_PORTS or not parsed.host or parsed.userinfo:
        raise OutboundError(_shown(parsed), "only http and https addresses without a login can be asked")
    return parsed


def _origin(url: "httpx.URL") -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}:{url.port or _DEFAULT_PORTS.get(url.scheme, 0)}"


def _shown(url: "httpx.URL") -> str:
    """Without query and login: they may hold keys."""
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.host}{port}{url.path}"[:200]


def _redirect(answer: Fetched, request: "httpx.Request") -> "httpx.Request | None":
    """Where a GET is sent on to; a POST is never repeated elsewhere."""
    location = answer.headers.get("location")
    if answer.status not in {301, 302, 303, 307, 308} or not location or request.method != "GET":
        return None
    onward = _parsed(str(request.url.join(location)))
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    return _request("GET", onward, headers)


async def _capped(response: "httpx.Response") -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > SIZE_LIMIT:
            raise OutboundError(_shown(response.url), f"the answer is larger than {SIZE_LIMIT:,} bytes")
    return bytes(body)

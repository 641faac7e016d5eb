"""How a command reaches the house: through the running gateway, else by opening it here under the state lock."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from openclaw.cli.rpc import Frame, GatewayDownError, Line, RefusedError, dial
from openclaw.settings.environment import process_environment
from openclaw.settings.whereabouts import Whereabouts, whereabouts
from openclaw.types.secrets import Secret

if TYPE_CHECKING:
    from openclaw.settings.loading import Loaded


def load_settings() -> "Loaded":
    from openclaw.settings.loading import load

    return load(process_environment())


def find_house() -> Whereabouts:
    """Without loading all settings where that can be avoided: they take longer than most commands."""
    return whereabouts(process_environment()) or _place_of(load_settings())


def _place_of(loaded: "Loaded") -> Whereabouts:
    reference = loaded.settings.gateway.auth.token
    return Whereabouts(
        loaded.paths,
        loaded.settings.gateway.port,
        reference.text if reference is not None else "",
        loaded.environ,
        loaded.settings.agents.defaults.user_timezone,
        loaded.settings.secrets,
    )


@contextmanager
def line(house: "Whereabouts | Loaded") -> Iterator[Line]:
    """Raises GatewayDownError when none runs."""
    place = house if isinstance(house, Whereabouts) else _place_of(house)
    with dial(place.port, lambda: _token(place)) as connected:
        yield connected


def call(method: str, params: Mapping[str, object]) -> Frame:
    try:
        with line(find_house()) as connected:
            return connected.call(method, params)
    except GatewayDownError:
        return call_here(load_settings(), method, params)


def call_here(loaded: "Loaded", method: str, params: Mapping[str, object]) -> Frame:
    """Without a gateway: the same method table, with the authority of whoever holds the state directory."""
    import anyio

    return anyio.run(_dispatch_here, loaded, method, params)


async def _dispatch_here(loaded: "Loaded", method: str, params: Mapping[str, object]) -> Frame:
    from openclaw.app import open_house
    from openclaw.web.rpc.frames import RpcError, success
    from openclaw.web.rpc.handshake import OPERATOR
    from openclaw.web.rpc.methods import answered, dispatch
    from openclaw.web.rpc.runs import Accepted

    refusal: RpcError | None = None
    async with open_house(loaded) as house:
        # Raised only after the house is closed: on the way out its task groups would wrap it.
        try:
            answer = await dispatch(house, OPERATOR, method, params)
            if isinstance(answer, Accepted):
                answer = await answered(method, answer.finish())
        except RpcError as error:
            refusal = error
    if refusal is not None:
        raise RefusedError(refusal.message)
    return _as_read(success("here", answer))


def _as_read(frame: str) -> Frame:
    # Written and read once, so that a command sees the same types as over the wire.
    import orjson

    payload: Frame = orjson.loads(frame)["payload"]
    return payload


def gateway_token(loaded: "Loaded") -> Secret:
    return _token(_place_of(loaded))


def _token(place: Whereabouts) -> Secret:
    from openclaw.settings.references import read_reference

    return Secret(read_reference(place.token, place.environ, place.secrets) if place.token else "")

"""`chat` and `agent`: talk to the assistant from the terminal."""

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from openclaw.cli import completing
from openclaw.cli.house import call_here, find_house, line, load_settings
from openclaw.cli.rpc import GatewayDownError, Line, RefusedError
from openclaw.cli.tables import print_json, printable_text
from openclaw.cli.telling import RunFailedError, Telling, Told, stopped
from openclaw.types.errors import OpenClawError

if TYPE_CHECKING:
    from openclaw.settings.loading import Loaded
    from openclaw.web.desk import House

_session = click.option(
    "--session",
    default="main",
    show_default=True,
    help="Session key; short forms are fine.",
    shell_complete=completing.sessions,
)
_agent = click.option(
    "--agent", "agent_id", help="Instead of the default agent.", shell_complete=completing.agents
)
_json = click.option(
    "--json", "as_json", is_flag=True, help="For programs: one object, when the answer is whole."
)
Say = Callable[[str], Told]


@click.command()
@click.argument("message", required=False)
@_session
@_agent
@click.option("--offline", is_flag=True, help="Without a running gateway.")
@_json
def chat(message: str | None, session: str, agent_id: str | None, offline: bool, as_json: bool) -> None:
    """Say MESSAGE and read the answer as it comes; without MESSAGE, go on until Ctrl-D."""
    if message is not None and not message.strip():
        raise click.UsageError("the message is empty")
    if offline:
        _talk_here(load_settings(), message, _question(session, agent_id), as_json)
        return
    try:
        with line(find_house()) as connected:
            _talk(lambda text: ask(connected, text, _question(session, agent_id), as_json), message, as_json)
    except GatewayDownError as error:
        raise OpenClawError(f"{error}, or add --offline") from None


@click.command()
@click.option("--message", "-m", required=True, help="What to say.")
@_session
@_agent
@click.option(
    "--timeout", type=click.IntRange(0), default=600, show_default=True, help="Seconds; 0 is for ever."
)
@_json
def agent(message: str, session: str, agent_id: str | None, timeout: int, as_json: bool) -> None:
    """One message, one answer, when it is whole."""
    if not message.strip():
        raise click.UsageError("the message is empty")
    params = _question(session, agent_id) | {
        "message": message,
        "timeout": timeout,
        "idempotencyKey": str(uuid.uuid4()),
    }
    try:
        with line(find_house()) as connected:
            answer = connected.call("agent", params)
    except GatewayDownError:
        answer = call_here(load_settings(), "agent", params)
    if as_json:
        print_json(answer)
        return
    for part in answer["result"]["payloads"]:
        click.echo(printable_text(part["text"]))


def _question(session: str, agent_id: str | None) -> dict[str, object]:
    question: dict[str, object] = {"sessionKey": session}
    return question | ({"agentId": agent_id} if agent_id else {})


def _talk(say: Say, message: str | None, as_json: bool) -> None:
    if message is not None:
        _show(say(message), as_json)
        return
    while True:
        try:
            text = click.prompt(
                click.style("›", bold=True), prompt_suffix=" ", default="", show_default=False
            )
        except click.Abort:  # Ctrl-D, Ctrl-C
            click.echo()
            return
        if not text.strip():
            continue
        try:
            _show(say(text), as_json)
        except (RunFailedError, RefusedError) as error:
            click.echo(f"openclaw: {error}", err=True)


def _show(told: Told, as_json: bool) -> None:
    if as_json:
        names = ("runId", "sessionKey", "usage")
        print_json({name: told.payload.get(name) for name in names} | {"status": "ok", "text": told.text})


def ask(connected: Line, text: str, question: Mapping[str, object], quiet: bool) -> Told:
    run_id = str(uuid.uuid4())
    telling = Telling(run_id, quiet=quiet)
    answer = connected.call("chat.send", {**question, "message": text, "idempotencyKey": run_id})
    if "aborted" in answer:
        return stopped(answer, quiet=quiet)
    for frame in connected.events():
        if told := telling.see(frame["event"], frame["payload"]):
            return told
        if frame["event"] == "shutdown":
            raise OpenClawError("the gateway stops; it answers when it is back, see: openclaw sessions show")
    raise AssertionError("events have no end")


def _talk_here(loaded: "Loaded", message: str | None, question: Mapping[str, object], as_json: bool) -> None:
    """The house stays open between two messages, in a thread of its own; the prompt stays here."""
    from anyio.from_thread import start_blocking_portal

    from openclaw.app import open_house

    failure: BaseException | None = None
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(open_house(loaded)) as house:
        # Raised only after the house is closed: on the way out its task groups would wrap it.
        try:
            _talk(lambda text: portal.call(ask_here, house, text, question, as_json), message, as_json)
        except (OpenClawError, OSError, KeyboardInterrupt) as error:
            failure = error
    if failure is not None:
        raise failure


async def ask_here(house: "House", text: str, question: Mapping[str, object], quiet: bool) -> Told:
    """The same events as over the wire, told straight from the bus."""
    import time

    from openclaw.web.rpc.frames import RpcError
    from openclaw.web.rpc.handshake import OPERATOR
    from openclaw.web.rpc.methods import dispatch
    from openclaw.web.rpc.narration import TURN_EVENTS, Narrator, is_turn_event

    run_id = str(uuid.uuid4())
    telling, narrator = Telling(run_id, quiet=quiet), Narrator(interval=0.0)
    with house.bus.subscribe(*TURN_EVENTS, depth=256, lossless=True) as events:
        try:
            params = {**question, "message": text, "idempotencyKey": run_id}
            answer = await dispatch(house, OPERATOR, "chat.send", params)
        except RpcError as error:
            raise RefusedError(error.message) from None
        if isinstance(answer, Mapping) and "aborted" in answer:
            return stopped(answer, quiet=quiet)
        while True:
            event = await events.next()
            if not is_turn_event(event):
                continue
            for piece in narrator.tell(event, time.time_ns() // 1_000_000, time.monotonic()):
                if told := telling.see(piece.name, piece.payload):
                    return told

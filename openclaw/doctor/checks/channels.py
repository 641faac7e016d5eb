"""The channels: whether they work in the running daemon, and whether their providers take what the config holds."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import anyio

from openclaw.channels.twilio.config import TwilioConfig
from openclaw.doctor.checks.providers import Probe, cloud, quo, salesmsg, telegram, twilio
from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Alive, Json, Premises
from openclaw.settings.model import ChannelsConfig


async def probed(premises: Premises) -> Iterable[Finding]:
    if not premises.asking.allowed:
        return ()
    found: dict[str, Sequence[Finding]] = {}

    async def ask(place: str, question: Question) -> None:
        found[place] = await question()

    probes = dict(_probes(premises))
    async with anyio.create_task_group() as group:
        for place, question in probes.items():
            group.start_soon(ask, place, question)
    return [finding for place in probes for finding in found[place]]


Question = Callable[[], Awaitable[Sequence[Finding]]]


def _probes(premises: Premises) -> Iterator[tuple[str, Question]]:
    """By the place in the config of each account."""
    channels, probe = premises.settings.channels, Probe(premises.asking, premises.resolver)
    if channels.telegram is not None:
        for name, bot in channels.telegram.each_account().items():
            place = _place("telegram", name)
            yield place, partial(telegram, probe, bot, place)
    if channels.whatsapp is not None:
        for name, number in channels.whatsapp.each_account().items():
            if number.provider == "cloud":
                place = _place("whatsapp", name)
                yield place, partial(cloud, probe, number, place)
    asked: list[TwilioConfig] = []
    for place, login in _logins(channels):
        if not any(login.same_login(other) for other in asked):
            asked.append(login)
            yield place, partial(twilio, probe, login, place)
    if (sales := channels.salesmsg) is not None and sales.enabled:
        yield "channels.salesmsg", partial(salesmsg, probe, sales, premises)
    if (phone := channels.quo) is not None and phone.enabled:
        yield "channels.quo", partial(quo, probe, phone)


def _logins(channels: ChannelsConfig) -> Iterator[tuple[str, TwilioConfig]]:
    if channels.sms is not None:
        for name, line in channels.sms.each_account().items():
            yield _place("sms", name), line
    if channels.voice is not None and channels.voice.enabled:
        yield "channels.voice", channels.voice
    if channels.whatsapp is not None:
        for name, number in channels.whatsapp.each_account().items():
            if number.provider == "twilio":
                yield _place("whatsapp", name), number.twilio


def _place(channel: str, account: str) -> str:
    return f"channels.{channel}" if account == "default" else f"channels.{channel}.accounts.{account}"


# -- in the running daemon --------------------------------------------------------------------------------


async def working(premises: Premises) -> Iterable[Finding]:
    if not isinstance(premises.daemon, Alive):
        return ()
    return [*judged(premises.daemon.channels), *servers(premises.daemon.servers)]


def judged(states: Mapping[str, Json]) -> Iterator[Finding]:
    """Pure. By name, as `status` has them."""
    for name, state in states.items():
        if state.get("condition") == "failing":
            yield Finding(
                "channels.failing",
                "error",
                f"{name} does not work: {str(state.get('reason')).rstrip('.')}.",
                "Who writes there is not heard; the assistant tries again by itself.",
                "openclaw channels status; the log has more: openclaw logs",
            )


def servers(states: Iterable[Json]) -> Iterator[Finding]:
    """Pure. The MCP servers, as `mcp.status` has them."""
    for state in states:
        if state.get("state") == "failing":
            said = state.get("reason") or state.get("error") or "it does not say why"
            yield Finding(
                "mcp.failing",
                "warn",
                f"The MCP server {state.get('name')} does not work: {said}.",
                "Its tools are missing.",
                "openclaw mcp list",
            )

"""What the house has done and spent: traces, usage, and figures for a monitor. Behind the token."""

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from openclaw.gateway.phone.desk import FieldError
from openclaw.web.api.bodies import answering, said
from openclaw.web.desk import CostKey, Desk, Json, UnknownKeyError
from openclaw.web.http import error

TRACES, MOST_TRACES = 50, 1000
DAYS, MOST_DAYS = 30, 366
METRICS = "text/plain; version=0.0.4; charset=utf-8"


def book_routes(desk: Desk) -> Sequence[BaseRoute]:
    async def traces(request: Request) -> Response:
        limit = number(request.query_params.get("limit"), "limit", TRACES, MOST_TRACES)
        return said({"traces": await desk.traces(limit)})

    async def trace(request: Request) -> Response:
        try:
            return said(await desk.trace(str(request.path_params["id"])))
        except UnknownKeyError as unknown:
            return error(404, str(unknown.args[0]), "not_found")

    async def usage(request: Request) -> Response:
        by = cost_key(request.query_params.get("by", "agent"))
        days = number(request.query_params.get("days"), "days", DAYS, MOST_DAYS)
        return said(await desk.costs(by=by, days=days))

    async def metrics(_: Request) -> Response:
        return PlainTextResponse("\n".join(exposition(await desk.status())) + "\n", media_type=METRICS)

    return (
        Route("/api/v1/traces", answering(traces), methods=["GET"]),
        Route("/api/v1/traces/{id}", answering(trace), methods=["GET"]),
        Route("/api/v1/usage", answering(usage), methods=["GET"]),
        Route("/metrics", answering(metrics), methods=["GET"]),
    )


def number(text: str | None, field: str, usual: int, most: int) -> int:
    """Raises FieldError."""
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= most:
        raise FieldError(field, f"it is a number from 1 to {most}")
    return int(text)


def cost_key(text: str) -> CostKey:
    """Raises FieldError."""
    for key in get_args(CostKey):
        if key == text:
            found: CostKey = key
            return found
    raise FieldError("by", f"it is one of {', '.join(get_args(CostKey))}")


# -- figures ------------------------------------------------------------------------------------------------


def exposition(status: Json) -> Iterator[str]:
    """Pure. In the text format of Prometheus."""
    yield from _figure("info", "gauge", "The version that runs.", [({"version": status["version"]}, 1)])
    yield from _figure(
        "uptime_seconds", "gauge", "Since the daemon's start.", [({}, _of(status, "uptimeMs") / 1000)]
    )
    yield from _figure("turns_running", "gauge", "Turns under way.", [({}, _of(status, "running"))])
    yield from _figure("sessions", "gauge", "Conversations that are known.", [({}, _of(status, "sessions"))])
    yield from _figure(
        "cost_today_dollars", "gauge", "Spent since the owner's midnight.", [({}, _of(status, "costToday"))]
    )
    yield from _figure("messages_waiting", "gauge", "Messages that no turn has taken yet.", _waiting(status))
    yield from _figure("outbox_messages", "gauge", "Messages not sent yet, by state.", _outbox(status))
    yield from _figure("channel_up", "gauge", "Whether an account of a channel works.", _channels(status))


def _figure(
    name: str, kind: str, about: str, values: Sequence[tuple[Mapping[str, object], float]]
) -> Iterator[str]:
    yield f"# HELP openclaw_{name} {about}"
    yield f"# TYPE openclaw_{name} {kind}"
    for labels, value in values:
        inside = ",".join(f'{label}="{_escaped(str(text))}"' for label, text in labels.items())
        yield f"openclaw_{name}{'{' + inside + '}' if inside else ''} {value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _of(status: Json, name: str) -> float:
    value = status.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _waiting(status: Json) -> list[tuple[Mapping[str, object], float]]:
    queue = status.get("queue")
    return [({}, _of(queue, "waiting") if isinstance(queue, dict) else 0.0)]


def _outbox(status: Json) -> list[tuple[Mapping[str, object], float]]:
    states = status.get("outbox")
    found = states if isinstance(states, dict) else {}
    return [({"state": state}, float(count)) for state, count in sorted(found.items())]


def _channels(status: Json) -> list[tuple[Mapping[str, object], float]]:
    channels = status.get("channels")
    accounts = channels.values() if isinstance(channels, dict) else ()
    return [
        ({"channel": each["channel"], "account": each["account"]}, float(each["condition"] == "connected"))
        for each in accounts
    ]

"""What answers a program that speaks to OpenAI."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from openclaw.gateway.tool_survey import Asked
from openclaw.types.messages import Brought
from openclaw.web.api.bodies import Answer, said
from openclaw.web.desk import Desk, House, Question
from openclaw.web.openai.addressing import Destination, destination
from openclaw.web.openai.asking.conversation import Instructed, talk
from openclaw.web.openai.asking.items import read_response_request
from openclaw.web.openai.asking.pictures import keep_pictures
from openclaw.web.openai.asking.reading import Wanted, parsed, read_completion
from openclaw.web.openai.completions import Completion
from openclaw.web.openai.faults import ApiError
from openclaw.web.openai.models import agent_of_model, names, shown
from openclaw.web.openai.responses import ResponseObject
from openclaw.web.openai.serving import Rendering, RunResponse

LARGEST = 20 << 20
BODY_SECONDS = 30.0
CLIENT = "openai"

Read = Callable[[Mapping[str, Any]], Wanted]
Render = Callable[[Wanted, str, int], Rendering]


def completions(house: House) -> Answer:
    return asking(house, read_completion, _completion)


def responses(house: House) -> Answer:
    return asking(house, read_response_request, _response)


def models(desk: Desk) -> Answer:
    async def every(_: Request) -> Response:
        created = desk.nameplate().started_at // 1000
        rows = [shown(name, created) for name in names(desk.agents())]
        return said({"object": "list", "data": rows})

    return answering(every)


def model(desk: Desk) -> Answer:
    async def one(request: Request) -> Response:
        name = str(request.path_params["id"])
        agent_of_model(name, desk.agents())
        return said(shown(name, desk.nameplate().started_at // 1000))

    return answering(one)


def _completion(wanted: Wanted, unique: str, created: int) -> Rendering:
    return Completion(f"chatcmpl_{unique}", created, wanted.model, wanted.include_usage)


def _response(wanted: Wanted, unique: str, created: int) -> Rendering:
    first = wanted.said[0]
    return ResponseObject(
        f"resp_{unique}", created, wanted.model, first.text if isinstance(first, Instructed) else None
    )


def answering(answer: Answer) -> Answer:
    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except ApiError as fault:
            return fault.response()
        except ClientDisconnect:
            return Response(status_code=400)

    return answered


def asking(house: House, read: Read, render: Render) -> Answer:
    async def ask(request: Request) -> Response:
        # In a thread: what holds pictures is long.
        body = await anyio.to_thread.run_sync(parsed, await _body(request))
        wanted, unique, desk = read(body), secrets.token_hex(12), house.desk
        to = destination(request.headers, wanted.model, wanted.user, desk.agents(), unique)
        await _refuse_our_names(desk, wanted, to.agent)
        said_and_shown = await keep_pictures(wanted.said, Path(desk.nameplate().state_dir))
        wanted = replace(wanted, said=said_and_shown)
        question = question_of(wanted, to, f"openai_{unique}", time.time_ns() // 1_000_000)
        return RunResponse(house, question, render(wanted, unique, int(time.time())), stream=wanted.stream)

    return answering(ask)


def question_of(wanted: Wanted, to: Destination, run_id: str, now: int) -> Question:
    """Pure. Raises ApiError."""
    new = talk(wanted.said, known=to.lasts, seed=run_id if to.lasts else "", now=now)
    told = [text for text in (new.instructions, wanted.offer.instruction) if text]
    brought = Brought(new.lines, "\n\n".join(told), wanted.offer.tools)
    settings = {} if wanted.thinking is None else {"thinkingLevel": wanted.thinking}
    return Question(run_id, new.words, to.session_key, to.agent, CLIENT, brought, settings)


async def _body(request: Request) -> bytes:
    """Raises ApiError."""
    data = bytearray()
    with anyio.move_on_after(BODY_SECONDS) as waiting:
        async for chunk in request.stream():
            data += chunk
            if len(data) > LARGEST:
                raise ApiError(413, f"the body is larger than {LARGEST} bytes", code="request_too_large")
    if waiting.cancelled_caught:
        raise ApiError(408, f"the body did not come within {BODY_SECONDS:.0f} seconds")
    return bytes(data)


async def _refuse_our_names(desk: Desk, wanted: Wanted, agent: str) -> None:
    """Raises ApiError: the model could not tell two tools of one name apart."""
    if not wanted.offer.tools or agent not in desk.agents():
        return
    ours = {row["name"] for row in await desk.tools(Asked(agent)) if row["allowed"]}
    for tool in wanted.offer.tools:
        if tool.name in ours:
            raise ApiError(400, f"tools: {tool.name} is one of ours; name yours otherwise", param="tools")

"""What the original's clients ask of the assistant, as a question of ours."""

import math
from collections.abc import Mapping

from openclaw.llm.thinking import LEVELS
from openclaw.sessions.keys import agent_of
from openclaw.types.messages import Brought
from openclaw.web.desk import House, Question
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.history import SessionsResolve, resolve_session
from openclaw.web.rpc.params import AgentAsk, ChatSend


def chat_question(params: ChatSend, caller: Caller) -> Question:
    settings: dict[str, object] = {**_thinking(params.thinking)}
    if params.timeout_ms:  # 0: as long as it takes
        settings["timeoutSeconds"] = math.ceil(params.timeout_ms / 1000)
    return Question(
        params.idempotency_key,
        params.message,
        params.session_key,
        params.agent_id,
        client=caller.client,
        settings=settings,
    )


async def agent_question(house: House, params: AgentAsk, caller: Caller) -> Question:
    if params.deliver:
        raise RpcError(
            "INVALID_REQUEST",
            "deliver is not done by this method: the answer comes back to you; pass it on with the method send",
        )
    prompt, session = params.extra_system_prompt, await _session(house, params, caller)
    settings: dict[str, object] = {**_thinking(params.thinking)}
    if params.model:
        wanted = f"{params.provider}/{params.model}" if params.provider else params.model
        agent = params.agent_id or agent_of(session) or house.desk.nameplate().default_agent
        settings |= house.office.sessions.chosen(wanted, agent)
    return Question(
        params.idempotency_key,
        params.message,
        session,
        params.agent_id,
        client=caller.client,
        brought=Brought(instructions=prompt) if prompt else None,
        settings=settings,
    )


async def _session(house: House, params: AgentAsk, caller: Caller) -> str:
    if params.session_key is not None or params.session_id is None:
        return params.session_key or "main"
    named = SessionsResolve.model_validate({"sessionId": params.session_id})
    found = await resolve_session(house, named, caller)
    return str(found["key"])


def _thinking(level: str | None) -> Mapping[str, object]:
    if not level:
        return {}
    if level not in LEVELS:
        raise RpcError("INVALID_REQUEST", f"thinking {level[:32]!r} is not known (use {'|'.join(LEVELS)})")
    return {"thinkingLevel": level}

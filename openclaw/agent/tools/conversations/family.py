"""The tools by which a conversation sees others, sends them word, and has work done beside it."""

import json
from dataclasses import asdict

from openclaw.agent.profile import AgentProfile
from openclaw.agent.tools.base import Act, Effect, Kind, Output, Scene, Tool, ToolInputError
from openclaw.agent.tools.conversations.arguments import (
    HistoryArguments,
    ListArguments,
    NoArguments,
    SendArguments,
    SpawnArguments,
    StatusArguments,
    SubagentsArguments,
)
from openclaw.agent.tools.conversations.asking import AskingTool
from openclaw.agent.tools.conversations.port import Conversations, Errand, Task, Told, Wanted

CAP = 80_000
"""Characters of a listing or a history."""
SPAWNED = "It works on its own now. Its result comes to you as a message of its own; do not wait for it."


class ConversationFamily:
    def __init__(self, house: Conversations) -> None:
        self._house = house
        self._tools: tuple[Tool, ...] = (*self._seeing(), *self._speaking())

    def tools(self, profile: AgentProfile) -> tuple[Tool, ...]:
        return self._tools

    def _seeing(self) -> tuple[Tool, ...]:
        return (
            AskingTool("agents_list", "The agents to whom sessions_spawn may give a task.", NoArguments, _reads,
                       self._agents),
            AskingTool("session_status", "This conversation's model, size and cost, and what time it is. "
                       "With a model: answer with that one from now on.", StatusArguments, _judge_status, self._status,
                       Effect.IDEMPOTENT),
            AskingTool("sessions_history", "What was said in another conversation.", HistoryArguments, _reads,
                       self._history),
            AskingTool("sessions_list", "The conversations you can see.", ListArguments, _reads, self._list),
        )  # fmt: skip

    def _speaking(self) -> tuple[Tool, ...]:
        return (
            AskingTool("sessions_send", "Say something in another conversation of yours and read the answer.",
                       SendArguments, _judge_sending, self._send, Effect.KEYED, timeout_seconds=660),
            AskingTool("sessions_spawn", "Have a task done in a conversation of its own, beside this one.",
                       SpawnArguments, _judge_spawning, self._spawn, Effect.KEYED),
            AskingTool("subagents", "The tasks that work for this conversation: list, kill or steer them.",
                       SubagentsArguments, _judge_subagents, self._subagents, Effect.IDEMPOTENT),
        )  # fmt: skip

    async def _agents(self, given: NoArguments, scene: Scene) -> str:
        return _json(list(self._house.agents(scene)))

    async def _list(self, given: ListArguments, scene: Scene) -> Output:
        kinds = frozenset(kind.lower() for kind in given.kinds)
        wanted = Wanted(kinds, given.limit, given.activeMinutes, given.messageLimit)
        return _output(await self._house.listing(wanted, scene))

    async def _history(self, given: HistoryArguments, scene: Scene) -> Output:
        told = await self._house.history(given.sessionKey, given.limit, scene, with_tools=given.includeTools)
        return _output(told)

    async def _send(self, given: SendArguments, scene: Scene) -> Output:
        answered = await self._house.send(
            Errand(given.sessionKey, given.message, given.timeoutSeconds), scene
        )
        shown = {key: value for key, value in asdict(answered).items() if value and key != "provenance"}
        return Output(_json(shown), provenance=answered.provenance)

    async def _spawn(self, given: SpawnArguments, scene: Scene) -> str:
        task = Task(
            given.task, given.label, given.agentId, given.model, given.thinking, given.runTimeoutSeconds,
            given.cleanup == "keep",
        )  # fmt: skip
        child = await self._house.spawn(task, scene)
        said = {
            "status": "accepted",
            "runId": child.run_id,
            "childSessionKey": child.session_key,
            "note": SPAWNED,
        }
        return _json(said)

    async def _subagents(self, given: SubagentsArguments, scene: Scene) -> str | Output:
        match given.action:
            case "list":
                return _json(list(await self._house.children(scene)))
            case "kill":
                stopped = await self._house.kill(_target(given), scene)
                return f"Stopped: {', '.join(stopped)}." if stopped else "Nothing of that kind was under way."
            case "steer":
                if not given.message:
                    raise ToolInputError("message is required")
                answered = await self._house.send(Errand(_target(given), given.message, 0), scene)
                return f"Told {answered.session_key}."

    async def _status(self, given: StatusArguments, scene: Scene) -> str:
        return await self._house.status(given.sessionKey, given.model, scene)


def _target(given: SubagentsArguments) -> str:
    if not given.target:
        raise ToolInputError("target is required")
    return given.target


def _reads(given: object, scene: Scene) -> Act:
    return Act(Kind.READ)


def _judge_status(given: StatusArguments, scene: Scene) -> Act:
    return Act(Kind.ADMINISTER, "model", given.model) if given.model else Act(Kind.READ)


def _judge_sending(given: SendArguments, scene: Scene) -> Act:
    return Act(Kind.DELEGATE, given.sessionKey, given.message)


def _judge_spawning(given: SpawnArguments, scene: Scene) -> Act:
    return Act(Kind.DELEGATE, given.agentId or scene.agent, given.task)


def _judge_subagents(given: SubagentsArguments, scene: Scene) -> Act:
    if given.action == "steer":
        return Act(Kind.DELEGATE, given.target or "", given.message or "")
    return Act(Kind.READ)


def _output(told: Told) -> Output:
    return Output(_json(told.body), provenance=told.provenance)


def _json(body: object) -> str:
    text = json.dumps(body, ensure_ascii=False, default=str)
    if len(text) <= CAP:
        return text
    return f"{text[:CAP]}\n[{len(text) - CAP:,} of {len(text):,} characters were left out; ask for fewer]"

"""The tool `cron`: reminders and recurring tasks, as the model asks for them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from openclaw.agent.taint import ordered
from openclaw.agent.tools.arguments import checked
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, Tool, ToolError, ToolInputError
from openclaw.agent.tools.jobs import JobError, JobMaker, Jobs
from openclaw.types.conversation import AssistantMessage, Provenance, UserMessage

Action = Literal["status", "list", "add", "update", "remove", "run", "runs", "wake"]
_READING = frozenset({"status", "list", "runs"})
SHOWN = 50
QUOTED = 220
"""Characters of a message that a job takes along."""
OUTPUT_CHARACTERS = 20_000
DESCRIPTION = """\
Reminders and recurring tasks. "Remind me in 20 minutes to call Ana" is
{"action":"add","job":{"name":"Call Ana","schedule":{"kind":"at","at":"in 20 minutes"},\
"payload":{"kind":"systemEvent","text":"Reminder: call Ana."}}}
schedule: {"kind":"at","at":…} once: "in 20 minutes", or an ISO time with its offset; without one it is UTC, unless \
"tz" says otherwise ("local": the owner's zone). {"kind":"every","everyMs":…}. {"kind":"cron","expr":"0 9 * * 1-5",\
"tz":…}: without tz the owner's zone.
payload: {"kind":"systemEvent","text":…} is said to you in this conversation when it is due, and what you answer is \
sent here. {"kind":"agentTurn","message":…,"model"?,"thinking"?,"timeoutSeconds"?} is a task for you in a session of \
its own (sessionTarget "isolated") that knows nothing of this conversation: write all that it needs.
delivery: {"mode":"announce"|"none","channel"?,"to"?}: without it, the result comes here.
The result names the next time in the owner's zone: check that it is the one that was meant.
update takes jobId and patch, remove, run and runs take jobId (id or name), wake takes text and mode."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "action": {
            "type": "string",
            "enum": ["status", "list", "add", "update", "remove", "run", "runs", "wake"],
        },
        "job": {
            "type": "object",
            "description": "For add: name, schedule, payload, delivery, sessionTarget.",
        },
        "jobId": {"type": "string", "description": "For update, remove, run and runs."},
        "patch": {"type": "object", "description": "For update: the fields of the job that change."},
        "text": {"type": "string", "description": "For wake: words to yourself."},
        "mode": {
            "type": "string",
            "enum": ["now", "next-heartbeat", "due", "force"],
            "description": "For wake: now or next-heartbeat. For run: force, or due.",
        },
        "contextMessages": {
            "type": "integer",
            "minimum": 0,
            "maximum": 10,
            "description": "For add: so many of the last messages are written down with the text.",
        },
    },
    "required": ["action"],
}


class _Arguments(BaseModel):
    """Models also write the job's fields beside the action."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    action: Action
    job: dict[str, Any] | str | None = None
    job_id: Annotated[str | None, Field(validation_alias=AliasChoices("jobId", "id", "job_id"))] = None
    patch: dict[str, Any] | str | None = None
    text: str | None = None
    mode: Literal["now", "next-heartbeat", "due", "force"] | None = None
    context_messages: Annotated[
        int, Field(ge=0, le=10, validation_alias=AliasChoices("contextMessages", "context_messages"))
    ] = 0


@dataclass(frozen=True, slots=True)
class CronTool:
    jobs: Jobs
    name: str = "cron"
    description: str = DESCRIPTION
    effect: Effect = Effect.KEYED
    provenance: Provenance = "tool"
    timeout_seconds: float = 30

    @property
    def schema(self) -> Mapping[str, object]:
        return SCHEMA

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        asked = checked(_Arguments, arguments, SCHEMA)
        if asked.action in _READING:
            return Act(Kind.READ, f"cron {asked.action}")
        what = {"text": asked.text or ""} if asked.action == "wake" else _wanted(asked)
        payload = json.dumps(what, ensure_ascii=False, indent=1) if what else ""
        recipient = _recipient(what, scene)
        if recipient:
            # It leaves later and unasked, so it is judged as what it is. No other recipient than this one is taken.
            return Act(Kind.SEND, recipient, payload)
        target = f"cron {asked.action} {asked.job_id or what.get('name') or ''}".strip()
        return Act(Kind.SCHEDULE, target, payload)

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str:
        asked = checked(_Arguments, arguments, SCHEMA)
        if scene.depth:
            raise ToolError(
                "a task that another conversation gave keeps no jobs; tell what is wanted in your result"
            )
        try:
            return _shown(await self._answer(asked, scene))
        except JobError as error:
            raise ToolInputError(str(error)) from error

    async def _answer(self, asked: _Arguments, scene: Scene) -> object:
        jobs, maker = self.jobs, maker_of(scene)
        match asked.action:
            case "status":
                return await jobs.status(maker)
            case "list":
                return {"jobs": await jobs.listing(maker)}
            case "runs":
                return {"runs": await jobs.runs(asked.job_id, SHOWN, maker)}
            case "wake":
                mode = asked.mode if asked.mode == "next-heartbeat" else "now"
                return await jobs.wake(asked.text or "", mode, maker)
            case "add":
                return await self._add(asked, scene)
            case "update":
                named = replace(maker, recipient=_recipient(_wanted(asked), scene))
                return await jobs.update(_id(asked), _wanted(asked), named)
            case "remove":
                return await jobs.remove(_id(asked), maker)
            case "run":
                return await jobs.run(_id(asked), "due" if asked.mode == "due" else "force", maker)

    async def _add(self, asked: _Arguments, scene: Scene) -> object:
        job = _wanted(asked)
        if not job:
            raise ToolInputError("job is required: name, schedule and payload")
        # Made again after a crash, the call finds what it has made.
        key = f"{scene.run_id} {scene.call_id} {json.dumps(job, sort_keys=True, default=str)}"
        maker = replace(maker_of(scene), recipient=_recipient(job, scene))
        if context := _context(scene, asked.context_messages):
            job["context"] = context
        return await self.jobs.add(job, maker, key=key)


class CronTools:
    def __init__(self, jobs: Jobs) -> None:
        self._tools: tuple[Tool, ...] = (CronTool(jobs),)

    def tools(self, profile: object) -> tuple[Tool, ...]:
        return self._tools


def maker_of(scene: Scene) -> JobMaker:
    # A job that makes another one passes on whose it is, not that it is a job.
    sender = scene.sender
    for channel in ("cron:", "agents:"):
        sender = sender.removeprefix(channel)
    seen = scene.provenances or frozenset[Provenance]({"owner"})
    home = scene.reply_to.lasting() if scene.reply_to is not None else None
    return JobMaker(
        scene.agent, scene.session_key, sender, scene.role, scene.chat_type, home, ordered(seen)[-1]
    )


def _id(asked: _Arguments) -> str:
    if not asked.job_id:
        raise ToolInputError(f"jobId is required for {asked.action}")
    return asked.job_id


def _object(value: dict[str, Any] | str | None, name: str) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ToolInputError(f"{name} must be an object") from None
        if not isinstance(value, dict):
            raise ToolInputError(f"{name} must be an object")
    return dict(value or {})


def _wanted(asked: _Arguments) -> dict[str, Any]:
    """The job or patch; what stands beside the action as well."""
    loose = dict(asked.model_extra or {})
    if asked.text is not None:
        loose["text"] = asked.text
    if asked.action == "update":
        return {**loose, **_object(asked.job, "job"), **_object(asked.patch, "patch")}
    return {**loose, **_object(asked.job, "job")} if asked.action == "add" else {}


def _recipient(job: Mapping[str, Any], scene: Scene) -> str:
    """`<channel>:<chat>` of somebody else than whom the answer of this turn goes to."""
    delivery = job.get("delivery")
    delivery = delivery if isinstance(delivery, Mapping) else job
    to, channel = delivery.get("to"), delivery.get("channel")
    here = scene.reply_to
    if not to or (here is not None and str(to) == here.chat and channel in (None, "last", here.channel)):
        return ""
    return f"{channel or (here.channel if here is not None else scene.channel)}:{to}"


def _context(scene: Scene, count: int) -> str:
    """The last messages in short, for a reminder that would say nothing without them."""
    spoken = [
        f"- {'assistant' if isinstance(entry, AssistantMessage) else 'user'}: {' '.join(entry.text.split())[:QUOTED]}"
        for entry in scene.history
        if isinstance(entry, UserMessage | AssistantMessage) and entry.text.strip()
    ]
    return "Said before:\n" + "\n".join(spoken[-count:]) if count and spoken else ""


def _shown(answer: object) -> str:
    text = json.dumps(answer, ensure_ascii=False, indent=1)
    if len(text) <= OUTPUT_CHARACTERS:
        return text
    left = len(text) - OUTPUT_CHARACTERS
    return f"{text[:OUTPUT_CHARACTERS]}\n[{left:,} of {len(text):,} characters were left out here]"

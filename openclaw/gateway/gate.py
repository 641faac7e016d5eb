"""What stands between a tool call and its effect: the policy table, the search for secrets, and the owner's word."""

from collections.abc import Callable, Iterator, Mapping

import anyio.to_thread

from openclaw.agent.config import ToolsConfig
from openclaw.agent.tools.base import Act, Scene
from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.approval_text import Deed
from openclaw.gateway.approvals import Approvals, Outcome
from openclaw.gateway.policy_table import LEAVING, Allow, Ask, Deny, Matter, Rules, judge
from openclaw.gateway.redaction import holds_secret
from openclaw.gateway.tracing import TraceBook
from openclaw.types.conversation import ToolCall

IN_THREAD = 20_000
"""Characters: searching more would hold up everybody else."""

NO_OTHER_WAY = "Do not try to reach the same end another way; say what you could not do, and why."
SECRET = (
    "Refused: what this call would send out holds one of the secrets of this installation, in some form. "
    f"Nothing was sent. {NO_OTHER_WAY}"
)
REFUSALS: Mapping[Outcome, str] = {
    "denied": f"Not approved: the owner said no. {NO_OTHER_WAY}",
    "expired": f"Not approved: the owner did not answer in time, which is a no. {NO_OTHER_WAY}",
    "withdrawn": "Not approved: the person has written instead. Read that first, and decide anew.",
    "too-many": f"Not approved: the owner was asked too often in this turn already. {NO_OTHER_WAY}",
}


def rules_of(tools: ToolsConfig, policies: Mapping[tuple[str, str], AccessPolicy]) -> Rules:
    """Pure. That programs run outside unasked must be written in the file; a default never says so."""
    owners = frozenset(
        f"{channel}:{owner}" for (channel, _), policy in policies.items() for owner in policy.owners
    )
    execution = tools.exec
    unasked = "ask" in execution.model_fields_set and (execution.ask, execution.security) == ("off", "full")
    return Rules(owners, frozenset(tools.message.allow_recipients), unasked, execution.ask == "always")


class HouseGate:
    """Satisfies `agent.ports.Gate`."""

    def __init__(
        self, rules: Rules, approvals: Approvals, traces: TraceBook, secrets: Callable[[], frozenset[str]]
    ) -> None:
        self._rules = rules
        self._approvals = approvals
        self._traces = traces
        self._secrets = secrets

    def adopt(self, rules: Rules) -> None:
        """Holds for turns under way as well: a door that was shut is shut."""
        self._rules = rules

    async def admit(self, call: ToolCall, act: Act, scene: Scene) -> str:
        if act.kind in LEAVING and await self._tells_a_secret(call, act):
            self._note(call, act, scene, verdict="refused", why="a secret")
            return SECRET
        match judge(act, scene, self._rules):
            case Allow(matter):
                if matter is not Matter.INSIDE:
                    self._note(call, act, scene, verdict="allowed", why=matter.value)
                return ""
            case Deny(_, why):
                self._note(call, act, scene, verdict="denied", why=why)
                return f"Not allowed: {why}. {NO_OTHER_WAY}"
            case Ask(_, why):
                return await self._ask(call, act, scene, why)

    async def _ask(self, call: ToolCall, act: Act, scene: Scene, why: str) -> str:
        approval_id, outcome = await self._approvals.ask(Deed(call.name, call.arguments, act, why), scene)
        self._note(call, act, scene, verdict=outcome, why=why, approval=approval_id)
        return REFUSALS.get(outcome, "")

    async def _tells_a_secret(self, call: ToolCall, act: Act) -> bool:
        text = "\n".join((act.target, act.payload, *texts_in(call.arguments), *names_in(call.arguments)))
        if len(text) <= IN_THREAD:
            return holds_secret(text, self._secrets())
        return await anyio.to_thread.run_sync(holds_secret, text, self._secrets())

    def _note(self, call: ToolCall, act: Act, scene: Scene, **facts: str) -> None:
        if (trace := self._traces.under_way(scene.trace_id)) is not None:
            trace.add("gate", 0.0, at=None, tool=call.name, kind=act.kind.value, **facts)


def texts_in(value: object) -> Iterator[str]:
    """Every text in a call's arguments, in order: what is split between two of them stands together."""
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from texts_in(inner)
        case list() | tuple():
            for inner in value:
                yield from texts_in(inner)
        case None | bool():
            pass
        case _:
            yield str(value)


def names_in(value: object) -> Iterator[str]:
    """What the arguments go by, on every level: a name may carry words as well."""
    match value:
        case Mapping():
            for name, inner in value.items():
                yield str(name)
                yield from names_in(inner)
        case list() | tuple():
            for inner in value:
                yield from names_in(inner)
        case _:
            pass

"""Tools that programs of the owner's call directly, wired to the parts that stand before a turn's."""

from collections.abc import Mapping
from typing import Any

from openclaw.agent.profile import AgentProfile
from openclaw.gateway.access import AccessPolicy
from openclaw.gateway.approvals import Approvals
from openclaw.gateway.briefing import model_ref
from openclaw.gateway.gate import HouseGate, rules_of
from openclaw.gateway.invocation import Doors
from openclaw.gateway.invoking import Invoking, InvokingParts
from openclaw.gateway.policy_table import Rules
from openclaw.gateway.tool_survey import ToolSurvey
from openclaw.llm.models import Models
from openclaw.wiring.foundation import Core


def open_invoking(
    core: Core,
    survey: ToolSurvey,
    models: Models,
    policies: Mapping[tuple[str, str], AccessPolicy],
    approvals: Approvals,
) -> Invoking:
    def model_of(profile: AgentProfile, entry: Mapping[str, Any]) -> str:
        return models.default_name(model_ref(profile, entry, core.loaded.settings.agents.defaults))

    gate, rules, doors = standing(core, policies, approvals)
    parts = InvokingParts(
        survey.toolbox, survey.agents, model_of, core.sessions, gate, rules, approvals, core.traces, core.ledger,
        core.bus, core.clock, core.secrets,
    )  # fmt: skip
    return Invoking(parts, doors)


def standing(
    core: Core, policies: Mapping[tuple[str, str], AccessPolicy], approvals: Approvals
) -> tuple[HouseGate, Rules, Doors]:
    """What the config lets programs do."""
    settings = core.loaded.settings
    rules, doors = rules_of(settings.tools, policies), settings.gateway.tools
    gate = HouseGate(rules, approvals, core.traces, core.secrets)
    return gate, rules, Doors(doors.allow, doors.deny)

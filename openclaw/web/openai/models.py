"""The agents as OpenAI's models. Pure."""

from collections.abc import Sequence

from openclaw.web.desk import Json
from openclaw.web.openai.faults import ApiError

PLAIN = "openclaw"
DEFAULT = "default"
_PREFIXES = ("openclaw/", "openclaw:", "agent:")


def agent_of_model(model: str, agents: Sequence[str]) -> str:
    """`agents`: the default one first. Raises ApiError."""
    name = model.strip().lower()
    if name == PLAIN:
        return agents[0]
    asked = next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), "")
    by_name = {agent.lower(): agent for agent in agents}
    if asked in by_name:
        return by_name[asked]
    if asked == DEFAULT:
        return agents[0]
    known = ", ".join(names(agents))
    raise ApiError(
        404,
        f"there is no model {model!r:.100}; these are here: {known}",
        param="model",
        code="model_not_found",
    )


def names(agents: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([PLAIN, f"{PLAIN}/{DEFAULT}", *(f"{PLAIN}/{agent}" for agent in agents)]))


def shown(name: str, created: int) -> Json:
    return {"id": name, "object": "model", "created": created, "owned_by": "openclaw"}

import pytest

from openclaw.web.openai.faults import ApiError
from openclaw.web.openai.models import agent_of_model, names, shown

AGENTS = ("main", "clerk")


@pytest.mark.parametrize(
    ("model", "agent"),
    [
        ("openclaw", "main"),
        ("OpenClaw", "main"),
        ("openclaw/default", "main"),
        ("openclaw:default", "main"),
        ("openclaw/main", "main"),
        ("openclaw/clerk", "clerk"),
        ("openclaw:Clerk", "clerk"),
        ("agent:clerk", "clerk"),
    ],
)
def test_every_spelling_means_its_agent(model: str, agent: str) -> None:
    assert agent_of_model(model, AGENTS) == agent


def test_an_agent_that_is_called_default_is_meant_by_its_name() -> None:
    assert agent_of_model("openclaw/default", ("main", "default")) == "default"


@pytest.mark.parametrize("model", ["", "gpt-4o", "openclaw/", "openclaw/ghost", "agent:", "clerk"])
def test_another_model_is_not_here(model: str) -> None:
    with pytest.raises(ApiError, match="openclaw/clerk") as refused:
        agent_of_model(model, AGENTS)

    assert (refused.value.status, refused.value.code) == (404, "model_not_found")


def test_each_agent_is_a_model() -> None:
    assert names(AGENTS) == ["openclaw", "openclaw/default", "openclaw/main", "openclaw/clerk"]
    assert names(("default",)) == ["openclaw", "openclaw/default"]
    assert shown("openclaw", 7) == {"id": "openclaw", "object": "model", "created": 7, "owned_by": "openclaw"}

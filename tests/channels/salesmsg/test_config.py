import pytest

from openclaw.channels.salesmsg.config import SalesmsgConfig


def config(**keys: object) -> SalesmsgConfig:
    return SalesmsgConfig.model_validate({"webhookToken": "env:SALES", "apiToken": "env:PAT", **keys})


@pytest.mark.parametrize(
    ("asked", "agent"),
    [("", "aurora"), ("aurora", "aurora"), ("atlas", "atlas"), ("vault", "aurora"), ("ATLAS", "aurora")],
)
def test_a_call_may_ask_for_the_agents_of_the_list_alone(asked: str, agent: str) -> None:
    assert config(agentId="aurora", allowedAgents=["atlas"]).agent(asked) == agent


def test_without_an_agent_of_its_own_the_bindings_decide() -> None:
    assert config().agent("") is None
    assert config().agent("vault") is None


def test_numbers_are_read_as_people_write_them() -> None:
    read = config(allowFrom=["(201) 555-0123", "salesmsg:+1 201 555 0124", "*", "Rosa"], numbers="2015550100")

    assert read.allowed == ("+12015550123", "+12015550124", "*")
    assert read.numbers == ("+12015550100",)


def test_what_is_missing_or_mistaken_is_told_with_what_to_do() -> None:
    words = SalesmsgConfig(allow_from=("Rosa",)).problems()

    assert [text.split()[0].rstrip(":") for text in words] == [
        "channels.salesmsg", "channels.salesmsg", "channels.salesmsg.allowFrom",
    ]  # fmt: skip
    assert all("; " in text for text in words)
    assert config().problems() == ()
    assert SalesmsgConfig(enabled=False).problems() == ()

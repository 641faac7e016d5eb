import pytest

from openclaw.settings.problems import Key, Problem, dotted, sounds_secret


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (("gateway", "port"), "gateway.port"),
        (("agents", "list", 0, "model"), "agents.list[0].model"),
        ((), ""),
    ],
)
def test_a_key_reads_as_people_write_it(key: Key, text: str) -> None:
    assert dotted(key) == text


def test_a_problem_says_where_what_and_what_to_do() -> None:
    problem = Problem("gateway.port", "error", "it must be a number", "Mend gateway.port.")

    assert str(problem) == "gateway.port: it must be a number. Mend gateway.port."


@pytest.mark.parametrize(
    "name", ["apiKey", "botToken", "webhookSecret", "x-api-key", "Authorization", "password"]
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert sounds_secret(name)
    assert not sounds_secret("port")

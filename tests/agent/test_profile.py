import pytest

from openclaw.agent.profile import agent_id


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Main", "main"), ("../etc", "etc"), ("a b", "a-b"), ("é", "main"), ("x_1-y", "x_1-y")],
)
def test_ids_are_fit_for_keys_and_paths(name: str, expected: str) -> None:
    assert agent_id(name) == expected

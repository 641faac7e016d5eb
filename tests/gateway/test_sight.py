import pytest

from openclaw.agent.tools.conversations.config import AgentToAgentConfig, Visibility
from openclaw.gateway.sight import begun_by, is_below, kind_of, sees

MAIN, CHILD, GRANDCHILD = "agent:main:main", "agent:main:subagent:a", "agent:main:subagent:a:subagent:b"
OTHER, AURORA = "agent:main:direct:5", "agent:aurora:main"
ENTRIES = {
    MAIN: {},
    CHILD: {"spawnedBy": MAIN},
    GRANDCHILD: {"spawnedBy": CHILD},
    OTHER: {},
    AURORA: {},
}


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (MAIN, "main"),
        (OTHER, "direct"),
        ("agent:main:telegram:direct:5", "direct"),
        ("agent:main:telegram:group:-100:topic:2", "group"),
        ("agent:main:cron:job_1", "cron"),
        (GRANDCHILD, "subagent"),
        ("agent:main:openai-user:ana", "other"),
    ],
)
def test_a_key_tells_the_kind_of_its_conversation(key: str, kind: str) -> None:
    assert kind_of(key) == kind


@pytest.mark.parametrize(
    ("visibility", "seen"),
    [
        ("self", {MAIN}),
        ("tree", {MAIN, CHILD, GRANDCHILD}),
        ("agent", {MAIN, CHILD, GRANDCHILD, OTHER}),
        ("all", {MAIN, CHILD, GRANDCHILD, OTHER}),
    ],
)
def test_what_is_seen_grows_with_what_the_owner_allows(visibility: Visibility, seen: set[str]) -> None:
    apart = AgentToAgentConfig()

    assert {key for key in ENTRIES if sees(MAIN, key, ENTRIES, visibility, apart)} == seen


@pytest.mark.parametrize(
    ("allow", "reached"), [((), True), (("*",), True), (("main", "aurora"), True), (("aurora",), False)]
)
def test_other_agents_are_seen_only_where_both_are_listed(allow: tuple[str, ...], reached: bool) -> None:
    assert sees(MAIN, AURORA, ENTRIES, "all", AgentToAgentConfig(enabled=True, allow=allow)) is reached
    assert not sees(MAIN, AURORA, ENTRIES, "agent", AgentToAgentConfig(enabled=True, allow=allow))


def test_a_child_sees_whoever_began_it_and_nobody_beside() -> None:
    assert sees(CHILD, MAIN, ENTRIES, "tree", AgentToAgentConfig())
    assert not sees(CHILD, OTHER, ENTRIES, "tree", AgentToAgentConfig())
    assert begun_by(MAIN, ENTRIES) is None


def test_a_circle_in_what_others_wrote_into_the_file_ends() -> None:
    assert not is_below("a", "c", {"a": {"spawnedBy": "b"}, "b": {"spawnedBy": "a"}})

import pytest

from openclaw.agent.policy.names import (
    BUILT_IN,
    FOR_OTHERS,
    PROFILES,
    Origin,
    ToolName,
    first_naming,
    is_known,
    names,
)


@pytest.mark.parametrize(
    ("pattern", "name", "origin", "named"),
    [
        ("exec", "exec", "openclaw", True),
        ("EXEC", "exec", "openclaw", True),
        ("bash", "exec", "openclaw", True),
        ("apply-patch", "apply_patch", "openclaw", True),
        ("automations", "cron", "openclaw", True),
        ("web_*", "web_fetch", "openclaw", True),
        ("*", "anything", "mcp", True),
        ("web", "web_fetch", "openclaw", False),
        ("group:fs", "apply_patch", "openclaw", True),
        ("Group:Runtime", "process", "openclaw", True),
        ("group:fs", "exec", "openclaw", False),
        ("group:sessions", "session_status", "openclaw", True),
        ("group:openclaw", "something_new", "openclaw", True),
        ("group:openclaw", "get_weather", "skills", False),
        ("group:skills", "get_weather", "skills", True),
        ("group:skills", "mcp__home__light", "mcp", False),
        ("group:mcp", "mcp__home__light", "mcp", True),
        ("group:plugins", "mcp__home__light", "mcp", True),
        ("group:plugins", "get_weather", "skills", True),
        ("group:plugins", "read", "openclaw", False),
        ("mcp__home__*", "mcp__home__light", "mcp", True),
        ("mcp__home__*", "mcp__work__light", "mcp", False),
        ("group:nonsense", "read", "openclaw", False),
        ("-", "read", "openclaw", False),
    ],
)
def test_what_a_pattern_names(pattern: str, name: str, origin: Origin, named: bool) -> None:
    assert names(pattern, ToolName(name, origin)) is named


def test_a_skill_that_takes_the_name_of_a_built_in_tool_is_not_in_its_group() -> None:
    assert not names("group:fs", ToolName("read", "skills"))


def test_the_pattern_is_told_as_it_was_written() -> None:
    assert first_naming(("read", "Bash", "exec"), ToolName("exec")) == "Bash"
    assert first_naming(("read",), ToolName("exec")) is None


@pytest.mark.parametrize(
    ("pattern", "known"),
    [
        ("exec", True),
        ("bash", True),
        ("canvas", True),
        ("group:fs", True),
        ("group:mcp", True),
        ("get_*", True),
        ("mcp__gone__*", True),
        ("-", True),
        ("exce", False),
        ("group:fsx", False),
        ("set_*", False),
    ],
)
def test_a_name_is_known_when_it_can_name_something(pattern: str, known: bool) -> None:
    assert is_known(pattern, {"get_weather"}) is known


def admitted(patterns: tuple[str, ...]) -> set[str]:
    return {name for name in BUILT_IN if first_naming(patterns, ToolName(name)) is not None}


def test_the_profiles_hold_what_the_original_has_in_them() -> None:
    assert admitted(PROFILES["minimal"]) == {"session_status"}
    assert admitted(PROFILES["full"]) == BUILT_IN
    assert {"exec", "write", "memory_get", "sessions_spawn"} <= admitted(PROFILES["coding"])
    assert not {"message", "cron", "gateway"} & admitted(PROFILES["coding"])
    assert admitted(PROFILES["messaging"]) == {
        "message", "sessions_list", "sessions_history", "sessions_send", "session_status",
    }  # fmt: skip


def test_others_than_the_owner_read_and_change_nothing() -> None:
    assert not {"exec", "process", "write", "edit", "apply_patch", "cron", "gateway"} & admitted(FOR_OTHERS)
    assert {"read", "web_search", "memory_get", "message"} <= admitted(FOR_OTHERS)
    assert first_naming(FOR_OTHERS, ToolName("get_weather", "skills")) == "group:skills"
    assert first_naming(FOR_OTHERS, ToolName("mcp__home__light", "mcp")) is None

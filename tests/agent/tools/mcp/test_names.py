import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.agent.tools.mcp.names import server_labels, tool_names


@pytest.mark.parametrize(
    ("server", "tool", "name"),
    [
        ("files", "read_file", "mcp__files__read_file"),
        ("files", "get-sum", "mcp__files__get-sum"),
        ("My files", "read.file", "mcp__My_files__read_file"),
        ("a__b", "c", "mcp__a_b__c"),
        ("_a_", "_b", "mcp__a___b"),
        ("→", "x", "mcp__server__x"),
    ],
)
def test_a_tool_is_named_after_its_server(server: str, tool: str, name: str) -> None:
    label = server_labels([server])[server]
    assert tool_names(label, [tool]) == {tool: name}


def test_what_is_fit_keeps_its_name_and_its_look_alikes_are_marked() -> None:
    alone = tool_names("s", ["read_file"])
    crowded = tool_names("s", ["read.file", "read_file", "read file"])

    assert crowded["read_file"] == alone["read_file"] == "mcp__s__read_file"
    assert len(set(crowded.values())) == 3
    assert tool_names("s", ["read.file", "read_file"])["read.file"] == crowded["read.file"]


def test_long_names_are_cut_and_stay_apart() -> None:
    one, other = "a" * 80 + "1", "a" * 80 + "2"
    names = tool_names("server", [one, other])
    assert names[one] != names[other]
    assert {len(name) for name in names.values()} == {64}


@given(st.lists(st.text(), max_size=8), st.lists(st.text(), max_size=8))
def test_names_are_always_fit_distinct_and_the_same_in_any_order(
    servers: list[str], tools: list[str]
) -> None:
    labels = server_labels(servers)
    assert labels == server_labels(reversed(servers))
    assert len(set(labels.values())) == len(set(servers))
    names = [name for label in labels.values() for name in tool_names(label, tools).values()]
    assert len(names) == len(set(names)) == len(labels) * len(set(tools))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)
    for server, label in labels.items():
        assert "__" not in label, server
        assert not label.endswith("_"), server

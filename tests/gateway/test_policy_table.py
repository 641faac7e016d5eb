from collections.abc import Sequence
from dataclasses import replace

import pytest

from openclaw.agent.tools.base import Act, Kind, Scene
from openclaw.gateway.policy_table import (
    LEAVING,
    TABLE,
    Allow,
    Ask,
    Deny,
    Matter,
    Rules,
    in_words_of,
    is_memory,
    judge,
    urls_in,
    whose,
)
from openclaw.types.conversation import Entry, Provenance, ToolCall, ToolMessage, ToolResult
from openclaw.types.messages import Address, Role
from tests.agent.context.made import asked, call, said
from tests.agent.tools.scenes import SCENE

OWNER = "telegram:821071206"
RULES = Rules(frozenset({OWNER}), frozenset({"telegram:821071230"}))
WEB: frozenset[Provenance] = frozenset({"owner", "web"})
HERE = Address("telegram", "821071206")


def scene(
    provenances: frozenset[Provenance] = frozenset({"owner"}),
    role: Role = "owner",
    history: Sequence[Entry] = (),
) -> Scene:
    return replace(SCENE, provenances=provenances, role=role, history=tuple(history), reply_to=HERE)


def word(act: Act, where: Scene, rules: Rules = RULES) -> str:
    match judge(act, where, rules):
        case Allow():
            return "allow"
        case Ask():
            return "ask"
        case Deny():
            return "deny"


# Kind, target, payload → clean, tainted, in a member's turn.
ROWS: dict[str, tuple[Act, str]] = {
    "reading": (Act(Kind.READ, "notes.txt"), "allow allow allow"),
    "asking a service": (Act(Kind.CONSULT, "get_weather"), "allow allow allow"),
    "writing a file": (Act(Kind.WRITE, "notes.txt", "x"), "allow allow allow"),
    "running in the sandbox": (Act(Kind.EXECUTE, "ls"), "allow allow allow"),
    "another conversation": (Act(Kind.DELEGATE, "agent:main:x", "do it"), "allow allow allow"),
    "searching": (Act(Kind.SEARCH, "", "secret plan"), "allow ask ask"),
    "fetching": (Act(Kind.FETCH, "https://example.org/?d=1"), "allow ask ask"),
    "MEMORY.md": (Act(Kind.INSTRUCT, "MEMORY.md", "x"), "allow ask ask"),
    "a day's notes": (Act(Kind.INSTRUCT, "memory/2026-02-27.md", "x"), "allow ask ask"),
    "remembering": (Act(Kind.INSTRUCT, "remember_for_good", "x"), "allow ask ask"),
    "AGENTS.md": (Act(Kind.INSTRUCT, "AGENTS.md", "x"), "ask ask ask"),
    "a skill": (Act(Kind.INSTRUCT, "skills/tea/SKILL.md", "x"), "ask ask ask"),
    "a patch of several": (Act(Kind.INSTRUCT, "memory/a.md, AGENTS.md", "x"), "ask ask ask"),
    "out of the memory": (Act(Kind.INSTRUCT, "memory/../SOUL.md", "x"), "ask ask ask"),
    "answering here": (Act(Kind.SEND, "telegram:821071206", "hi"), "allow allow allow"),
    "a file to the owner alone": (
        Act(Kind.SEND_FILE, "telegram:821071206", "[file: a.pdf]"),
        "allow allow ask",
    ),
    "a file to somebody else": (Act(Kind.SEND_FILE, "telegram:821071299", "[file: a.pdf]"), "ask ask deny"),
    "the owner elsewhere": (Act(Kind.SEND, "whatsapp:821071206", "hi"), "ask ask deny"),
    "somebody on the list": (Act(Kind.SEND, "telegram:821071230", "hi"), "allow ask deny"),
    "somebody else": (Act(Kind.SEND, "telegram:821071299", "hi"), "ask ask deny"),
    "a reminder": (Act(Kind.SCHEDULE, "in 20 minutes", "tea"), "allow ask ask"),
    "code of others": (Act(Kind.FOREIGN, "mcp__files__read", "{}"), "allow ask ask"),
    "a program outside": (Act(Kind.EXECUTE_OUTSIDE, "make"), "ask ask deny"),
    "the configuration": (Act(Kind.ADMINISTER, "tools.allow"), "ask deny deny"),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_table_says(name: str) -> None:
    act, words = ROWS[name]
    member = scene(frozenset({"owner", "member"}), "member")

    assert [word(act, scene()), word(act, scene(WEB)), word(act, member)] == words.split()


def test_every_kind_has_its_row() -> None:
    assert {act.kind for act, _ in ROWS.values()} == set(Kind)
    assert set(TABLE) == set(Matter)
    assert LEAVING.issubset(Kind)


def test_a_file_shown_to_a_group_waits_for_the_owner_once_others_have_spoken() -> None:
    here = Act(Kind.SEND_FILE, "telegram:821071206", "[file: a.pdf]")
    group = replace(scene(), chat_type="group")

    assert word(here, group) == "allow"
    assert word(here, replace(group, provenances=WEB)) == "ask"


def test_the_owners_own_chat_is_written_to_unasked_from_another_one() -> None:
    elsewhere = replace(scene(), reply_to=None)
    to_owner = Act(Kind.SEND, OWNER, "done")

    assert word(to_owner, elsewhere) == "allow"
    assert word(to_owner, replace(elsewhere, provenances=WEB)) == "ask"


def test_programs_run_outside_unasked_only_where_the_file_says_so_and_nobody_else_has_spoken() -> None:
    rules = replace(RULES, exec_unasked=True)
    make = Act(Kind.EXECUTE_OUTSIDE, "make")

    assert [word(make, scene(), rules), word(make, scene(WEB), rules)] == ["allow", "ask"]
    assert word(make, scene(WEB, "stranger"), rules) == "deny"


@pytest.mark.parametrize("kind", [Kind.EXECUTE, Kind.EXECUTE_OUTSIDE])
def test_the_owner_is_asked_before_each_program_where_he_wants_to_be(kind: Kind) -> None:
    act, unasked = Act(kind, "make"), replace(RULES, exec_unasked=True)
    wanted = replace(scene(), settings={"execAsk": "always"})

    assert [word(act, scene(), unasked), word(act, wanted, unasked)] == ["allow", "ask"]
    assert word(act, scene(), replace(RULES, exec_asked=True)) == "ask"


@pytest.mark.parametrize("foreign", ["skill", "member", "hook", "web", "stranger"])
def test_any_foreign_words_close_the_gate(foreign: Provenance) -> None:
    assert word(Act(Kind.SCHEDULE, "in 20 minutes"), scene(frozenset({"owner", foreign}))) == "ask"


@pytest.mark.parametrize("own", ["owner", "memory", "file", "tool"])
def test_the_owners_things_leave_it_open(own: Provenance) -> None:
    assert word(Act(Kind.SCHEDULE, "in 20 minutes"), scene(frozenset({own}))) == "allow"


def test_the_reason_names_the_deed_and_whose_words_were_read() -> None:
    verdict = judge(Act(Kind.SCHEDULE, "x"), scene(frozenset({"owner", "web", "stranger"})), RULES)

    assert verdict == Ask(
        Matter.SCHEDULE, "it makes me act later; the conversation holds words of the web and a stranger"
    )
    assert whose({"web"}) == "words of the web"


WISH = "What's the weather in Tokyo on 27 February? And a café there, 東京駅の近く"


@pytest.mark.parametrize(
    ("query", "own"),
    [
        ("weather Tokyo 27 February", True),
        ("Weather, in TOKYO: 27 february?", True),
        ("café Tokyo", True),
        ("weather at Tokyo", True),
        ("東京駅", True),
        ("", False),
        ("weather Tokyo password", False),
        ("weather Tokyo 28", False),
        ("weather Tokyo b7", False),
        ("weather weather Tokyo", False),
        ("to be or we go", False),
        ("weather\u200bTokyo", False),
        ("weather\u3000Tokyo", False),
        ("weather     Tokyo", False),
        ("weather → Tokyo", False),
        ("wеather Tokyo", False),
        ("weather_Tokyo", False),
        ("京都", False),
    ],
)
def test_a_search_for_the_owners_own_words_tells_nobody_anything_new(query: str, own: bool) -> None:
    history = [asked(1, WISH), asked(2, "password 28 b7 京都", provenance="member")]
    act = Act(Kind.SEARCH, "", query)

    assert in_words_of(query, [WISH]) is own
    assert word(act, scene(WEB, history=history)) == ("allow" if own else "ask")


def _searched(*results: ToolResult, tool: str = "web_search") -> list[Entry]:
    return [asked(1), said(2, call("toolu_9", tool, query="tea")), ToolMessage("m_3", 0, results)]


FOUND = ToolResult("toolu_9", "1. Tea\nhttps://example.org/tea (hot)", provenance="web")


@pytest.mark.parametrize(
    ("url", "history", "expected"),
    [
        ("https://example.org/a?b=1", [asked(1, "read https://example.org/a?b=1, please")], "allow"),
        ("https://example.org/a", [asked(1, "read https://example.org/a.")], "allow"),
        ("https://example.org/a", [asked(1, "read https://example.org/abc")], "ask"),
        ("https://example.org/abc", [asked(1, "read https://example.org/a")], "ask"),
        ("https://example.org/a", [asked(1, "read https://example.org/a", provenance="member")], "ask"),
        ("https://example.org/tea", _searched(FOUND), "allow"),
        ("https://example.org/tea?d=1", _searched(FOUND), "ask"),
        ("https://example.org/tea", _searched(FOUND, tool="web_fetch"), "ask"),
        ("https://example.org/tea", _searched(replace(FOUND, failed=True)), "ask"),
        ("https://example.org/tea", [*_searched(), said(4, "hm"), ToolMessage("m_5", 0, (FOUND,))], "ask"),
    ],
)
def test_an_address_is_fetched_after_foreign_words_only_where_it_was_named(
    url: str, history: list[Entry], expected: str
) -> None:
    assert word(Act(Kind.FETCH, url), scene(WEB, history=history)) == expected


def test_what_the_present_turn_has_found_counts_too() -> None:
    where = replace(scene(WEB), entries=tuple(_searched(FOUND)))

    assert word(Act(Kind.FETCH, "https://example.org/tea"), where) == "allow"


def test_addresses_are_read_with_and_without_the_sentence_around_them() -> None:
    assert urls_in("see (https://example.org/x). and HTTP://example.org!") == {
        "https://example.org/x).",
        "https://example.org/x",
        "HTTP://example.org!",
        "HTTP://example.org",
    }


@pytest.mark.parametrize(
    ("target", "memory"),
    [
        ("MEMORY.md", True),
        ("./memory.md", True),
        ("memory/trips/tokyo.md", True),
        ("remember_today", True),
        ("remember_everything", False),
        ("memory", False),
        ("memory/../AGENTS.md", False),
        ("MEMORY.md\nAGENTS.md", False),
        ("memory/a.md, skills/x/SKILL.md", False),
        ("other/MEMORY.md", False),
        ("", False),
    ],
)
def test_only_the_memory_is_the_memory(target: str, memory: bool) -> None:
    assert is_memory(target) is memory


def test_a_call_id_that_is_given_out_again_brings_no_address_in() -> None:
    history: list[Entry] = [
        *_searched(FOUND),
        said(4, ToolCall("toolu_9", "web_fetch", {})),
        ToolMessage("m_5", 0, (ToolResult("toolu_9", "https://example.org/evil", provenance="web"),)),
    ]

    assert word(Act(Kind.FETCH, "https://example.org/evil"), scene(WEB, history=history)) == "ask"

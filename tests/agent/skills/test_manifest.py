from dataclasses import replace

import pytest

from openclaw.agent.skills.manifest import (
    Manifest,
    ManifestError,
    Needs,
    Surroundings,
    config_lookup,
    missing,
    parse_manifest,
)


def parsed(front: str) -> Manifest:
    return parse_manifest(f"---\n{front}\n---\n\n# Body\n", "folder")


def test_a_whole_manifest_is_read() -> None:
    assert parsed(
        "name: dentist\ndescription: Book\n  a visit\nhomepage: https://example.org/\n"
        "user-invocable: false\ndisable-model-invocation: true\n"
        'metadata: {"openclaw": {"always": true, "emoji": "🦷", "skillKey": "teeth", "os": ["linux"], '
        '"primaryEnv": "KEY", "requires": {"bins": ["curl"], "anyBins": ["a", "b"], "env": ["KEY"], '
        '"config": ["x.y"]}}}'
    ) == Manifest(
        name="dentist",
        description="Book a visit",
        key="teeth",
        homepage="https://example.org/",
        emoji="🦷",
        always=True,
        user_invocable=False,
        model_invocable=False,
        primary_env="KEY",
        needs=Needs(("linux",), ("curl",), ("a", "b"), ("KEY",), ("x.y",)),
    )


@pytest.mark.parametrize(
    "metadata",
    [
        "metadata: {openclaw: {emoji: x, os: linux,}}",
        "metadata:\n  openclaw:\n    emoji: x\n    os: linux",
        "metadata: \"{openclaw: {emoji: 'x', os: ['linux'],}} // JSON5\"",
        "metadata: {clawdbot: {emoji: x, os: [linux]}}",
    ],
)
def test_metadata_may_be_written_in_several_ways(metadata: str) -> None:
    manifest = parsed(f"name: a\ndescription: b\n{metadata}")

    assert (manifest.emoji, manifest.needs.os) == ("x", ("linux",))


def test_the_folder_gives_the_name_that_is_missing() -> None:
    assert parsed("description: Use when: it rains: often").name == "folder"
    assert parsed("description: Use when: it rains").description == "Use when: it rains"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# no front matter", "does not begin with a block"),
        ("---\nname: x\n", "does not begin with a block"),
        ("---\nname: x\n---\n", "has no description"),
        ("---\n- a\n- b\n---\n", "is not a list of `key: value` lines"),
        ("---\nname: [\n---\n", "letters, digits"),
        ("---\nname: ../../etc\ndescription: d\n---\n", "letters, digits"),
        ("---\nname: x\ndescription: d\nmetadata: '{'\n---\n", "metadata is not JSON5"),
        ("", "does not begin with a block"),
    ],
)
def test_a_broken_manifest_is_a_problem_in_words(text: str, problem: str) -> None:
    with pytest.raises(ManifestError, match=problem):
        parse_manifest(text, "folder")


def test_a_yaml_tag_is_only_text() -> None:
    assert parsed("description: !!python/object/apply:os.system [id]").description.startswith("!!python")


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ("true", True),
        ("yes", True),
        ("'on'", True),
        ("1", True),
        ("false", False),
        ("no", False),
        ("maybe", False),
    ],
)
def test_what_people_write_for_yes_and_no(words: str, flag: bool) -> None:
    assert parsed(f"description: d\nuser-invocable: {words}").user_invocable is flag
    assert parsed(f"description: d\ndisable-model-invocation: {words}").model_invocable is not flag
    assert parsed(f"description: d\nmetadata: {{openclaw: {{always: {words}}}}}").always is flag


def test_a_command_may_go_straight_to_a_tool() -> None:
    front = "description: d\ncommand-dispatch: tool\ncommand-tool: sessions_list\ncommand-arg-mode: raw"

    assert parsed(front).tool == "sessions_list"
    assert parsed(front.replace("dispatch: tool", "dispatch: model")).tool == ""


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("a", True),
        ("My Skill 2", True),
        ("1password", True),
        ("a..b", False),
        ("a/b", False),
        ("-a", False),
        ("a.", False),
        ("ä", False),
        ("x" * 65, False),
    ],
)
def test_a_name_is_made_of_plain_characters(name: str, fits: bool) -> None:
    if fits:
        assert parsed(f"name: {name}\ndescription: d").name == name
    else:
        with pytest.raises(ManifestError, match="letters, digits"):
            parsed(f"name: {name}\ndescription: d")


def test_hidden_characters_of_a_description_are_taken_out() -> None:
    assert parsed("description: Book\u200b a\u202e visit\U000e0041").description == "Book a visit"


@pytest.mark.parametrize("metadata", ["metadata: 5", "metadata: [1]", "metadata: {openclaw: 5}", "metadata:"])
def test_odd_metadata_is_no_metadata(metadata: str) -> None:
    assert parsed(f"name: a\ndescription: b\n{metadata}").needs == Needs()


HERE = Surroundings("linux", {"curl"}.__contains__, {"KEY"}, {"x.y"}.__contains__)


@pytest.mark.parametrize(
    ("needs", "found"),
    [
        (Needs(), ()),
        (Needs(("linux", "darwin"), ("curl",), ("wget", "curl"), ("KEY",), ("x.y",)), ()),
        (Needs(os=("darwin",)), ("it runs on darwin, not on linux",)),
        (Needs(bins=("jq",)), ("the program jq is not installed",)),
        (Needs(any_bins=("a", "b")), ("none of the programs a, b is installed",)),
        (Needs(env=("OTHER",)), ("the variable OTHER is not set",)),
        (Needs(config=("a.b",)), ("a.b is not set in the config",)),
    ],
)
def test_what_is_missing_is_named(needs: Needs, found: tuple[str, ...]) -> None:
    assert missing(Manifest("a", "b", "a", needs=needs), HERE) == found


def test_what_is_always_there_asks_for_nothing_but_its_system() -> None:
    needs = Needs(("darwin",), ("jq",), ("a",), ("OTHER",), ("a.b",))

    assert missing(Manifest("a", "b", "a", always=True, needs=needs), HERE) == (
        "it runs on darwin, not on linux",
    )
    assert missing(Manifest("a", "b", "a", always=True, needs=replace(needs, os=())), HERE) == ()


def test_a_key_of_the_config_is_looked_up_when_somebody_asks() -> None:
    asked: list[None] = []

    def tree() -> dict[str, object]:
        asked.append(None)
        return {"channels": {"telegram": {"botToken": "***", "enabled": False}}, "list": [1]}

    has = config_lookup(tree)
    assert asked == []

    keys = ("channels.telegram.botToken", "channels.telegram.enabled", "channels.slack", "list.0", "list", "")
    assert [has(key) for key in keys] == [True, False, False, False, True, False]
    assert asked == [None]

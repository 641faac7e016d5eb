import pytest

from openclaw.agent.skills.manifest import (
    Manifest,
    ManifestError,
    Needs,
    Surroundings,
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
        ("---\nname: [\n---\n", "is not YAML"),
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
    assert missing(Manifest("a", "b", "a", always=True, needs=needs), HERE) == ()

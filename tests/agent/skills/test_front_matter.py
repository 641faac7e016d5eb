"""Every way in which skills have been seen to write their head; all of these are invented."""

import pytest

from openclaw.agent.skills.front_matter import FrontMatterError, body, front_matter, json5
from openclaw.agent.skills.manifest import parse_manifest

FULL = "name: tea\ndescription: Make tea.\n"
NEEDS = '"requires": {"bins": ["kettle"], "env": ["TEA_KEY"]}'

WITH_KETTLE = {
    "one line of JSON": 'metadata: {"openclaw": {"emoji": "🍵", <needs>}}',
    "one line of JSON, spaced": 'metadata: { "openclaw": { "emoji": "🍵", <needs> } }',
    "the older name": 'metadata: {"clawdbot": {"emoji": "🍵", <needs>}}',
    "the oldest name": 'metadata: {"clawdis": {"emoji": "🍵", <needs>}}',
    "both names": 'metadata: {"clawdbot": {"emoji": "no"}, "openclaw": {"emoji": "🍵", <needs>}}',
    "JSON5 without quotes": "metadata: {openclaw: {emoji: '🍵', requires: {bins: ['kettle'], env: ['TEA_KEY']}}}",
    "YAML flow without quotes": "metadata: {openclaw: {emoji: 🍵, requires: {bins: [kettle], env: [TEA_KEY]}}}",
    "trailing commas": (
        'metadata: {"openclaw": {"emoji": "🍵", "requires": {"bins": '
        '["kettle",], "env": ["TEA_KEY",],},},}'
    ),
    "several lines of JSON5": (
        'metadata:\n  {\n    "openclaw":\n      {\n        "emoji": "🍵",\n'
        '        "requires": { "bins": ["kettle"], "env": ["TEA_KEY"] },\n'
        '        "install":\n          [\n            { "id": "brew", "kind": "brew", "formula": "kettle" },\n'
        "          ],\n      },\n  }"
    ),
    "several lines, brackets at the margin": (
        'metadata: {\n"openclaw": {\n"emoji": "🍵",\n"requires": {"bins": ["kettle"], "env": ["TEA_KEY"]}\n}\n}'
    ),
    "several lines with tabs": 'metadata:\n\t{\n\t\t"openclaw": {"emoji": "🍵",\n\t\t<needs>}\n\t}',
    "comments of JSON5": (
        'metadata:\n  {\n    // what it needs\n    "openclaw": { "emoji": "🍵", /* here */ "requires":\n'
        '      { "bins": ["kettle"], // a program\n        "env": ["TEA_KEY"] } }\n  }'
    ),
    "a YAML comment behind it": 'metadata: {"openclaw": {"emoji": "🍵", <needs>}} # for tea',
    "text in single quotes": "metadata: '{\"openclaw\": {\"emoji\": \"🍵\", <needs>}}'",
    "text in double quotes": "metadata: \"{openclaw: {emoji: '🍵', requires: {bins: ['kettle'], env: ['TEA_KEY']}}}\"",
    "a block of text": 'metadata: |\n  {"openclaw": {"emoji": "🍵", <needs>}}',
    "a folded block of text": 'metadata: >-\n  {"openclaw": {"emoji": "🍵",\n  <needs>}}',
    "nested YAML": (
        "metadata:\n  openclaw:\n    emoji: 🍵\n    requires:\n      bins:\n        - kettle\n      env: [TEA_KEY]"
    ),
    "nested YAML with lists at the parent's margin": (
        "metadata:\n  openclaw:\n    emoji: 🍵\n    requires:\n      bins:\n      - kettle\n      env:\n      - TEA_KEY"
    ),
    "YAML with JSON inside": 'metadata:\n  openclaw: {"emoji": "🍵", <needs>}',
    "single words instead of lists": "metadata: {openclaw: {emoji: 🍵, requires: {bins: kettle, env: TEA_KEY}}}",
    "escaped characters": 'metadata: {"openclaw": {"emoji": "\\ud83c\\udf75", <needs>}}',
    "keys before and behind it": (
        'license: MIT\nmetadata: {"openclaw": {"emoji": "🍵", <needs>'
        '}}\nallowed-tools: Bash(tea:*)'
    ),
    "an empty line inside": 'metadata:\n\n  {"openclaw": {"emoji": "🍵", <needs>}}\n',
    "a comment between the keys": '# what it needs\nmetadata: {"openclaw": {"emoji": "🍵", <needs>}}',
    "a brace inside a text": 'metadata: {"openclaw": {"emoji": "🍵", "homepage": "https://example.org/{x",\n <needs>}}',
    "another program's part beside it": (
        'metadata: {"other": {"x": [1, {"y": null}]}, "openclaw": {"'
        'emoji": "🍵", <needs>}}'
    ),
}  # fmt: skip


@pytest.mark.parametrize("written", WITH_KETTLE.values(), ids=WITH_KETTLE)
def test_metadata_is_read_however_it_is_written(written: str) -> None:
    written = written.replace("<needs>", NEEDS)
    manifest = parse_manifest(f"---\n{FULL}{written}\n---\n\n# Tea\n", "tea")

    assert manifest.emoji == "🍵"
    assert manifest.needs.bins == ("kettle",)
    assert manifest.needs.env == ("TEA_KEY",)


DESCRIPTIONS = {
    "plain": ("Make tea.", "Make tea."),
    "double quotes": ('"Make tea: green, black."', "Make tea: green, black."),
    "single quotes": ("'Make tea: it''s easy.'", "Make tea: it's easy."),
    "a colon that YAML refuses": ("Make tea. Use when: it is late", "Make tea. Use when: it is late"),
    "a colon and a quote": ('Make tea: "green" or black', 'Make tea: "green" or black'),
    "quotes at its beginning only": ('"Green" tea and more', '"Green" tea and more'),
    "a hash": ("Make tea # not coffee", "Make tea"),
    "a hash in quotes": ('"Make tea #1"', "Make tea #1"),
    "a literal block": ("|\n  Make tea.\n  And more.", "Make tea. And more."),
    "a folded block": (">\n  Make tea.\n  And more.", "Make tea. And more."),
    "a folded block, stripped": (">-\n  Make tea:\n  and more.", "Make tea: and more."),
    "a block that is not indented enough": ("|\n Make tea.\n  And: more.", "Make tea. And: more."),
    "lines that go on": ("Make tea\n  and more\n  and more.", "Make tea and more and more."),
    "lines that go on with a colon": ("Make tea\n  when: late.", "Make tea when: late."),
    "an escape": ('"Make \\u0074ea"', "Make tea"),
    "a bracket": ("[beta] Make tea", "[beta] Make tea"),
    "a list": ("[green, black]", "[green, black]"),
    "a bracket that is never closed": ("[beta Make tea", "[beta Make tea"),
    "a brace": ("{tea} maker", "{tea} maker"),
    "a star": ("*really* good tea", "*really* good tea"),
    "an ampersand": ("& more tea", "& more tea"),
    "a percent sign": ("%100 tea", "%100 tea"),
    "an at sign": ("@tea maker", "@tea maker"),
    "a backtick": ("`tea` maker", "`tea` maker"),
    "a number": ("2026", "2026"),
    "a word for true": ("yes", "yes"),
    "another script": ("お茶を入れる", "お茶を入れる"),
    "an address": ("See https://example.org/tea: all about it", "See https://example.org/tea: all about it"),
}


@pytest.mark.parametrize(("written", "wanted"), DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_description_is_read_however_it_is_written(written: str, wanted: str) -> None:
    text = f'---\nname: tea\ndescription: {written}\nmetadata: {{"openclaw": {{"emoji": "🍵"}}}}\n---\n'

    for whole in (text, text.replace("\n", "\r\n"), "\ufeff" + text, "\n\n" + text, text.removesuffix("\n")):
        manifest = parse_manifest(whole, "folder")
        assert (manifest.name, manifest.description, manifest.emoji) == ("tea", wanted, "🍵")


@pytest.mark.parametrize("text", ["", "# Tea", "---\nname: tea\n", "text\n---\nname: tea\n---\n"])
def test_a_text_without_a_head_says_so(text: str) -> None:
    with pytest.raises(FrontMatterError, match="does not begin with a block"):
        front_matter(text)


@pytest.mark.parametrize(
    "tower",
    [
        "metadata: " + "[" * 100_000,
        "metadata: " + '{"a":' * 100_000,
        "metadata:\n" + "".join("  " * n + f"a{n}:\n" for n in range(1, 400)),
        "description: " + "- " * 50_000,
        "metadata: &a [*a, *a]",
        "metadata:\n  a: &a [x, x]\n  b: &b [*a, *a]\n  c: &c [*b, *b]\n  openclaw: {os: [*c, *c]}",
    ],
    ids=["lists", "maps", "levels", "dashes", "itself", "laughs"],
)
def test_a_head_built_to_hurt_does_no_harm(tower: str) -> None:
    text = f"---\nname: tea\n{tower}\n---\n"

    assert front_matter(text)["name"] == "tea"


def test_json5_that_is_none_says_so() -> None:
    with pytest.raises(FrontMatterError, match="is not JSON5"):
        json5("{")


def test_the_body_is_what_follows() -> None:
    assert body("---\nname: tea\n---\n\n# Tea\n---\nmore\n") == "# Tea\n---\nmore\n"
    assert body("# Tea\n") == "# Tea\n"

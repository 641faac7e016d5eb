from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.settings.file import UnreadableError, merge, parse, read_config


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b" \n\t", "it is empty"),
        (b"// nothing\n", "only comments"),
        (b"{\n a: 1,,\n}", "line 2, column 7: there is one comma too many"),
        (b"{", "line 1, column 1: the object that opens here has no closing }"),
        (b'{a:\n"x}', "line 2, column 1: the text that opens here has no closing quote"),
        (b"{a: 1\n b: 2}", "line 2, column 2: a comma is missing"),
        (b"{a 1}", "line 1, column 4: a colon is missing"),
        ("{a: 'üü', b: tru}".encode(), "line 1, column 14: this is not valid JSON5"),
        (b"{}\n{}", "something follows"),
        (b"[" * 10_000, "more than 64 levels"),
        (b'{"a":' * 10_000, "more than 64 levels"),
        (b"{a: '\xff'}", "line 1, column 6: this is not UTF-8"),
    ],
)
def test_what_is_broken_is_told_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableError, match=said.split(":")[0]) as caught:
        parse(data)
    assert said in str(caught.value)


def test_a_broken_file_never_shows_what_it_holds() -> None:
    with pytest.raises(UnreadableError) as caught:
        parse(b'{gateway: {auth: {token: "hush-hush-hush"}},,}')
    error: BaseException | None = caught.value
    assert "hush" not in str(error)
    assert caught.value.__suppress_context__


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    with suppress(UnreadableError):
        parse(data)


@pytest.mark.parametrize("text", ["[1]", "5", '"x"', "null", "true"])
def test_a_config_is_an_object(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(UnreadableError, match="must hold one object"):
        read_config(tmp_path / "c.json")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(b"\xef\xbb\xbf{gateway: {port: 1}}")

    assert read_config(tmp_path / "c.json").tree == {"gateway": {"port": 1}}


def test_a_folder_instead_of_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="directory"):
        read_config(tmp_path)


def test_includes_are_merged_and_the_keys_beside_them_win(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "c.json").write_text('{gateway: {$include: ["a.json", "sub/b.json"], port: 3}}')
    (tmp_path / "a.json").write_text("{port: 1, auth: {mode: 'token', token: 'x'}}")
    (tmp_path / "sub/b.json").write_text("{$include: 'c.json', auth: {token: 'y'}}")
    (tmp_path / "sub/c.json").write_text("{bind: 'lan'}")

    found = read_config(tmp_path / "c.json")

    assert found.tree == {"gateway": {"port": 3, "bind": "lan", "auth": {"mode": "token", "token": "y"}}}
    assert found.problems == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nope.json", "no such file"),
        ("../out.json", "outside the folder"),
        ("c.json", "includes itself"),
        ("bad.json", "line 1"),
        ("list.json", "must hold one object"),
        (5, "must be the name"),
        ("hard.json", "hard link"),
        ("loop.json", "includes itself"),
    ],
)
def test_an_include_that_cannot_be_used_costs_only_itself(tmp_path: Path, name: object, said: str) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (tmp_path / "out.json").write_text("{}")
    (folder / "bad.json").write_text("{a:")
    (folder / "list.json").write_text("[]")
    (folder / "loop.json").write_text("{$include: 'c.json'}")
    (folder / "once.json").write_text("{}")
    (folder / "hard.json").hardlink_to(folder / "once.json")
    (folder / "c.json").write_text(f"{{gateway: {{$include: {name!r}, port: 3}}, session: {{}}}}")

    found = read_config(folder / "c.json")

    assert found.tree == {"gateway": {"port": 3}, "session": {}}
    assert [problem.key.split(".")[0] for problem in found.problems] == ["gateway"]
    assert said in found.problems[0].text


def test_objects_are_merged_and_lists_replaced() -> None:
    assert merge({"a": {"b": 1, "c": [1]}}, {"a": {"c": [2]}}) == {"a": {"b": 1, "c": [2]}}

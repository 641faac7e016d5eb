from pathlib import Path

from openclaw.agent.tools.recall.sources import MemoryNotes, VaultNotes


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_memory_is_the_lasting_file_and_the_folder_and_nothing_else(tmp_path: Path) -> None:
    for name in (
        "MEMORY.md",
        "AGENTS.md",
        "memory/2026-02-27.md",
        "memory/work/x.MD",
        "memory/x.txt",
        "notes/x.md",
    ):
        write(tmp_path / name, "words")

    assert set(MemoryNotes(tmp_path).listing().files) == {
        "MEMORY.md",
        "memory/2026-02-27.md",
        "memory/work/x.MD",
    }


def test_a_note_is_read_once_for_each_content(tmp_path: Path) -> None:
    write(tmp_path / "MEMORY.md", "- the dentist")
    notes = MemoryNotes(tmp_path)

    first = notes.read("MEMORY.md", None)
    assert first is not None
    assert [passage.text for passage in first.passages] == ["- the dentist"]
    assert notes.read("MEMORY.md", first) is None
    write(tmp_path / "MEMORY.md", "- the baker")
    assert notes.read("MEMORY.md", first) != first


def test_a_link_as_lasting_file_is_no_memory(tmp_path: Path) -> None:
    write(tmp_path / "secret.md", "words")
    (tmp_path / "MEMORY.md").symlink_to(tmp_path / "secret.md")

    assert MemoryNotes(tmp_path).listing().files == {}


def test_the_vault_is_seen_under_its_own_name(tmp_path: Path) -> None:
    write(tmp_path / "2026-02-27" / "e1.md", "---\ntype: sms\n---\nAre you open?")
    notes = VaultNotes(tmp_path)

    (path,) = notes.listing().files
    reading = notes.read(path, None)

    assert path == "vault/2026-02-27/e1.md"
    assert reading is not None
    assert [(p.text, p.provenance) for p in reading.passages] == [("Are you open?", "stranger")]


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "MEMORY.md").write_bytes(b"\xff\xfe dentist \x00")

    reading = MemoryNotes(tmp_path).read("MEMORY.md", None)

    assert reading is not None
    assert "dentist" in reading.passages[0].text

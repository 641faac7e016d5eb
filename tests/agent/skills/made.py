"""Skills for these tests."""

from pathlib import Path

from openclaw.agent.skills.manifest import Manifest, Skill


def skill(
    name: str = "tea", folder: Path = Path("/skills"), *, bundled: bool = False, rank: int = 0, **more: object
) -> Skill:
    manifest = Manifest(name, f"about {name}", str(more.pop("key", name)), **more)  # type: ignore[arg-type]
    return Skill(manifest, folder / name / "SKILL.md", bundled, rank)


def written(root: Path, name: str = "tea", text: str = "# Tea\n", **files: str) -> Path:
    """A folder with its SKILL.md; `files`: `tools__py` is tools.py."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(f"---\nname: {name}\ndescription: about {name}\n---\n{text}")
    for file, content in files.items():
        (folder / file.replace("__", ".")).write_text(content)
    return folder

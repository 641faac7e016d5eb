"""A skill whose one tool must never run twice, and a model that calls it."""

import hashlib
from pathlib import Path
from typing import Any

from tests.fakes import Reply, Script, ToolUse, newest_user_text

CODE = '''
from collections.abc import Mapping
from pathlib import Path


def note_once(text: str, config: Mapping[str, object]) -> str:
    """Write a line into the notebook."""
    with Path(str(config["file"])).open("a") as file:
        file.write(text + "\\n")
    return f"noted {text}"
'''
MANIFEST = "---\nname: notebook\ndescription: Keeps a notebook.\n---\nCall note_once.\n"


def install(home: Path, config: dict[str, Any]) -> Path:
    """Puts the skill into the workspace, pinned by its owner; returns the file its effects are seen in."""
    folder = home / ".openclaw" / "workspace" / "skills" / "notebook"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(MANIFEST)
    (folder / "tools.py").write_text(CODE)
    effects = home / "notebook.txt"
    config["skills"]["entries"]["notebook"] = {
        "sha256": hashlib.sha256(CODE.encode()).hexdigest(),
        "config": {"file": str(effects)},
    }
    return effects


def effects_of(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def works_then_answers(body: dict[str, Any]) -> Script:
    """For "buy milk" two calls at once, then the answer; the same for the same request, as after a crash."""
    if any(block["type"] == "tool_result" for block in body["messages"][-1]["content"]):
        return Reply("bought")
    if newest_user_text(body) == "buy milk":
        note, look = ToolUse("note_once", {"text": "milk"}), ToolUse("get_weather", {"location": "Sydney"})
        return Reply(calls=[note, look])
    return Reply("nothing more")

"""Skills that a test writes for itself, vouched for by their owner."""

import hashlib
from pathlib import Path
from typing import Any


def install_skill(home: Path, config: dict[str, Any], name: str, code: str, **settings: object) -> None:
    """Puts it into the workspace of the default agent, pinned in the config."""
    folder = home / ".openclaw" / "workspace" / "skills" / name
    folder.mkdir(mode=0o700, parents=True)
    (folder / "SKILL.md").write_text(f"---\nname: {name}\ndescription: For a test.\n---\nCall its tools.\n")
    (folder / "tools.py").write_text(code)
    entries = config.setdefault("skills", {}).setdefault("entries", {})
    entries[name] = {"sha256": hashlib.sha256(code.encode()).hexdigest(), "config": settings}

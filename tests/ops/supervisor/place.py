"""A home with a program and a service manager of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from openclaw.ops.supervisor.surroundings import Surroundings
from tests.fake.supervisor import calls, known, put_on_path


@dataclass
class Place:
    root: Path
    facts: Mapping[str, object] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = self.root / "home"
        self.state = self.home / ".openclaw"
        self.state.mkdir(parents=True)
        self.program = self.home / ".local/bin/openclaw"
        self.program.parent.mkdir(parents=True)
        self.program.write_text("#!/bin/sh\n")
        self.program.chmod(0o755)
        self.manager = put_on_path(self.root / "manager", **self.facts)
        self.environ = {"PATH": f"{self.manager}:/usr/bin:/bin", "HOME": str(self.home)}

    def around(self, manager: str = "systemd", **more: object) -> Surroundings:
        facts: dict[str, object] = {
            "manager": manager,
            "obstacle": "",
            "user": "ana",
            "uid": 1000,
            "home": self.home,
            "program": (str(self.program),),
            "environment": {},
            "environ": self.environ,
            "state": self.state,
        }
        return Surroundings(**{**facts, **more})  # type: ignore[arg-type]

    @property
    def unit(self) -> Path:
        return self.home / ".config/systemd/user/openclaw.service"

    @property
    def agent(self) -> Path:
        return self.home / "Library/LaunchAgents/ai.openclaw.gateway.plist"

    def known(self) -> dict[str, object]:
        return known(self.manager)

    def calls(self) -> list[str]:
        return calls(self.manager)

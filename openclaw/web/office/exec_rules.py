"""Which programs may be run, and who is asked first, as the original's clients show it."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.web.office.told import Json


@dataclass(frozen=True, slots=True)
class ExecRuleBook:
    """Satisfies `web.office.desk.ExecRules`. The rules stand in the config file, and are changed there alone."""

    config: ExecConfig
    path: str

    def shown(self) -> Json:
        rules: dict[str, Any] = {
            "host": self.config.host,
            "security": self.config.security,
            "ask": self.config.ask,
        }
        file = {"version": 1, "defaults": rules, "agents": {}}
        return {
            "path": f"{self.path}#tools.exec",
            "exists": True,
            "file": file,
            "hash": hashlib.sha256(orjson.dumps(file)).hexdigest(),
            # Where nobody answers in time, the answer is no.
            "resolvedDefaults": {**rules, "askFallback": "deny", "autoAllowSkills": False},
        }

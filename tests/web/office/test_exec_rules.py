from openclaw.agent.tools.exec.config import ExecConfig
from openclaw.web.office.exec_rules import ExecRuleBook


def test_the_rules_of_the_file_are_shown_and_silence_is_a_no() -> None:
    shown = ExecRuleBook(ExecConfig(ask="always"), "/c.json").shown()
    assert shown["path"] == "/c.json#tools.exec"
    assert shown["resolvedDefaults"] == {
        "host": "sandbox", "security": "full", "ask": "always", "askFallback": "deny", "autoAllowSkills": False,
    }  # fmt: skip
    assert shown["hash"] != ExecRuleBook(ExecConfig(), "/c.json").shown()["hash"]

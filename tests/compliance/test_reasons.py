import inspect
import re
from types import ModuleType

import pytest

from openclaw.compliance import blast, consent, content, gates, registration, thread
from openclaw.compliance.reasons import explained, meaning
from openclaw.types.sending import Verdict


@pytest.mark.parametrize("module", [blast, consent, content, gates, registration, thread])
def test_every_code_has_its_meaning(module: ModuleType) -> None:
    source = inspect.getsource(module)
    codes = set(re.findall(r'Verdict\(\s*"\w+",\s*\w+,\s*"(\w+)"|_cap\(\s*"(\w+)"', source))
    found = {code for pair in codes for code in pair if code}
    if module is registration:
        reasons = ("denied", "pending", "unknown", "tripped", "not_released")
        found |= {f"{kind}_{why}" for kind in ("b14", "tfv") for why in reasons}
    assert found
    assert {code for code in found if not meaning(Verdict("block", "", code))} == set()


def test_a_verdict_says_what_it_means_and_what_it_is_called() -> None:
    verdict = Verdict("defer", "compliance-gate", "quiet_hours")
    assert explained(verdict) == (
        "it is too early or too late where they may be (compliance-gate: quiet_hours)"
    )
    assert explained(Verdict("block", "gates", "new_code")) == "gates: new_code"
    assert meaning(Verdict("allow")) == ""

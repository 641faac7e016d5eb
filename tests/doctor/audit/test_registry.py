"""The audit as a whole: what it says of a fresh house, and what `--fix` narrows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from openclaw.doctor import audit
from openclaw.doctor.audit.registry import AUDIT
from openclaw.doctor.consultation import Report, consult
from tests.doctor.home import House


async def audited(house: House, *, fix: bool = False) -> Report:
    return await consult(house.visit(), AUDIT, fix=fix)


def told(report: Report) -> list[str]:
    return [each.id for each in report.findings if each.level != "ok"]


@pytest.fixture
def owned(house: House) -> House:
    """Not by root."""
    house.set_machine(uid=house.state.stat().st_uid or 1)
    return house


async def test_of_a_fresh_house_only_the_summary_is_told(owned: House) -> None:
    await owned.write_ledger()

    report = await audited(owned)

    assert told(report) == ["summary.attack_surface"]


async def test_what_can_be_narrowed_is_and_a_second_time_nothing_is(owned: House) -> None:
    owned.config.write_text(
        '{\n  // my own words\n  gateway: { auth: { token: "%s" }, controlUi: { allowedOrigins: ["*"] } },\n'
        '  logging: { redactSensitive: "off" },\n'
        '  channels: { telegram: { botToken: "env:HOME", groupPolicy: "open" } },\n}\n' % ("t" * 64)
    )
    owned.config.chmod(0o644)

    first = await audited(owned, fix=True)
    second = await audited(owned, fix=True)

    assert {each.finding.id for each in first.mended} == {
        "fs.config.perms_world_readable", "logging.redact_off", "channels.telegram.groups.open",
        "gateway.control_ui.allowed_origins_wildcard",
    }  # fmt: skip
    assert second.mended == second.failed == first.failed == []
    text = owned.config.read_text()
    assert "// my own words" in text
    assert 'groupPolicy: "allowlist"' in text
    assert told(second) == ["summary.attack_surface"]


async def test_what_only_its_owner_can_decide_is_left(owned: House) -> None:
    owned.write_config({"channels": {"telegram": {"botToken": "env:HOME", "dmPolicy": "open"}}})
    before = owned.config.read_bytes()

    report = await audited(owned, fix=True)

    assert "channels.telegram.dm.open" in [each.id for each in report.findings]
    assert owned.config.read_bytes() == before


async def test_a_config_that_cannot_be_read_does_not_stop_the_audit(owned: House) -> None:
    owned.config.write_text("{")
    (owned.state / "openclaw.last-good.json").unlink()

    report = await audited(owned)

    assert "summary.attack_surface" in [each.id for each in report.findings]
    assert not [each for each in report.findings if each.id.startswith("doctor.")]


def test_everything_that_the_audit_may_tell_is_planted_somewhere() -> None:
    """By its full name: those that are put together of parts are in the tables of their own modules."""
    planted = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))

    assert [name for name in sorted(_ids(Path(audit.__file__).parent)) if name not in planted] == []


def _ids(folder: Path) -> Iterator[str]:
    name = re.compile(r"[a-z_]+(\.[a-z_]+)+")
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Finding", "_model"}:
                first = node.args[0]
                if isinstance(first, ast.Constant) and name.fullmatch(str(first.value)):
                    yield str(first.value)

from threading import Event, current_thread

import anyio
import pytest

from openclaw.doctor.checking import Check, apart, blocking, examine
from openclaw.doctor.finding import Finding
from openclaw.doctor.premises import Premises
from tests.doctor.home import House

FINE = Finding("a.fine", "ok", "It is well.")


@pytest.fixture
async def premises(house: House) -> Premises:
    return await apart(house.premises)


async def fine(_: Premises) -> list[Finding]:
    return [FINE]


async def test_findings_come_in_the_order_of_the_checks(premises: Premises) -> None:
    begun = anyio.Event()

    async def first(_: Premises) -> list[Finding]:
        await begun.wait()
        return [Finding("a.first", "ok", "First.")]

    async def second(_: Premises) -> list[Finding]:
        begun.set()
        return [FINE]

    found = await examine([Check("the first", first), Check("the second", second)], premises)

    assert [each.id for each in found] == ["a.first", "a.fine"]


async def test_a_check_that_hangs_becomes_a_finding_and_holds_up_no_other(premises: Premises) -> None:
    never = Event()

    def hang(_: Premises) -> list[Finding]:
        never.wait()
        return []

    slow, other = await examine(
        [Check("the disk", blocking(hang), seconds=0.05), Check("it", fine)], premises
    )
    never.set()

    assert (slow.id, slow.level) == ("doctor.slow", "warn")
    assert "the disk could not be looked at" in slow.what
    assert other == FINE


async def test_a_check_that_fails_becomes_a_finding(premises: Premises) -> None:
    def fail(_: Premises) -> list[Finding]:
        raise RuntimeError("no such thing")

    failed, other = await examine([Check("the disk", blocking(fail)), Check("it", fine)], premises)

    assert failed.id == "doctor.failed"
    assert failed.what == "The disk could not be looked at (RuntimeError: no such thing)."
    assert other == FINE


async def test_what_the_others_have_heard_is_looked_at_last(premises: Premises) -> None:
    heard: list[str] = []

    async def late(_: Premises) -> list[Finding]:
        return [Finding("a.heard", "ok", " ".join(heard))]

    async def tell(_: Premises) -> list[Finding]:
        await anyio.lowlevel.checkpoint()
        heard.append("it")
        return []

    found = await examine([Check("late", late, last=True), Check("tell", tell)], premises)

    assert [each.what for each in found] == ["it", "Tell: well."]


async def test_what_reads_files_runs_in_a_thread_that_ends_with_the_program() -> None:
    name, daemon = await apart(lambda: (current_thread().name, current_thread().daemon))

    assert (name, daemon) == ("openclaw-doctor", True)

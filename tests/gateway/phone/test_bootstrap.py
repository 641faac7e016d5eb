from pathlib import Path

import pytest

from openclaw.gateway.phone.bootstrap import Bootstrap, announcement
from tests.gateway.phone.switchboard import ADA, BEN, Telephone
from tests.gateway.scripted import NOW

MINUTE = 60_000


@pytest.fixture
def telephone(tmp_path: Path) -> Telephone:
    return Telephone(tmp_path)


def bootstrap(telephone: Telephone, minutes: float | None = 60) -> Bootstrap:
    return Bootstrap(telephone.book, telephone.marks, telephone.clock, minutes)


async def test_the_first_sender_is_trusted_and_nobody_after_him(telephone: Telephone) -> None:
    first = bootstrap(telephone)
    await first.begin()
    assert await first.trusts(ADA, "sms:SM1", NOW + MINUTE) is True
    assert [row.by for row in await telephone.book.rows()] == ["bootstrap"]
    assert await first.trusts(BEN, "sms:SM2", NOW + MINUTE) is False
    await telephone.book.remove(ADA)
    assert await first.trusts(BEN, "sms:SM3", NOW + MINUTE) is False
    assert await telephone.book.numbers() == frozenset()


async def test_after_a_crash_the_same_text_is_told_the_same(telephone: Telephone) -> None:
    await bootstrap(telephone).begin()
    # It was claimed, and the daemon ended before the list was written.
    await telephone.marks.keep("bootstrap-trusted", "sms:SM1")
    again = bootstrap(telephone)
    assert await again.trusts(BEN, "sms:SM2", NOW) is False
    assert await again.trusts(ADA, "sms:SM1", NOW) is True
    assert await telephone.book.numbers() == {ADA}


@pytest.mark.parametrize(
    ("after", "trusted"), [(0, True), (60 * MINUTE, True), (60 * MINUTE + 1, False), (-1, False)]
)
async def test_the_window_is_counted_from_the_first_start(
    telephone: Telephone, after: int, trusted: bool
) -> None:
    await bootstrap(telephone).begin()
    telephone.clock.advance(30 * 60)
    await bootstrap(telephone).begin()
    assert await bootstrap(telephone).trusts(ADA, "sms:SM1", NOW + after) is trusted


async def test_nobody_is_trusted_once_somebody_was_listed_by_hand(telephone: Telephone) -> None:
    await bootstrap(telephone).begin()
    await telephone.book.add(BEN, "api")
    await telephone.book.remove(BEN)
    assert await bootstrap(telephone).trusts(ADA, "sms:SM1", NOW) is False


async def test_nobody_is_trusted_where_it_is_switched_off_or_texts_were_never_set_up(
    telephone: Telephone,
) -> None:
    assert await bootstrap(telephone).trusts(ADA, "sms:SM1", NOW) is False
    await bootstrap(telephone).begin()
    assert await bootstrap(telephone, None).trusts(ADA, "sms:SM1", NOW) is False


@pytest.mark.parametrize("sender", ["", "22395", "VERIFY"])
async def test_a_short_code_or_a_name_takes_nobodys_place(telephone: Telephone, sender: str) -> None:
    await bootstrap(telephone).begin()
    assert await bootstrap(telephone).trusts(sender, "sms:SM1", NOW) is False
    assert await bootstrap(telephone).trusts(ADA, "sms:SM2", NOW) is True


async def test_a_list_that_cannot_be_read_is_no_empty_one(telephone: Telephone) -> None:
    await bootstrap(telephone).begin()
    (telephone.state / "phone").mkdir()
    (telephone.state / "phone" / "authorized-numbers.json").write_text("[")
    assert await bootstrap(telephone).trusts(ADA, "sms:SM1", NOW) is False


def test_the_owner_is_told_how_to_take_it_back() -> None:
    assert f"openclaw phone numbers remove {ADA}" in announcement(ADA, 60)


async def test_it_is_told_until_when_the_window_is_open(telephone: Telephone) -> None:
    first = bootstrap(telephone)
    assert await first.open_until() is None
    await first.begin()
    assert await first.open_until() == NOW + 60 * MINUTE
    assert await bootstrap(telephone, None).open_until() is None
    await first.trusts(ADA, "sms:SM1", NOW)
    assert await first.open_until() is None

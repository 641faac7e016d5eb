import pytest

from openclaw.gateway.alert_rules import (
    BURST,
    BURST_MS,
    DEAD_MS,
    EVERY_MS,
    Burst,
    Failing,
    Told,
    dead,
    heard,
    is_forgotten,
    overdue,
)

NOW = 1_795_228_142_000


def test_the_first_of_a_kind_is_told_at_once() -> None:
    assert heard(None, "down", NOW) == (Told(NOW), "down")


def test_what_follows_is_held_back_and_counted() -> None:
    told, words = heard(Told(NOW), "down again", NOW + 1)
    assert words is None
    told, words = heard(told, "still down", NOW + EVERY_MS - 1)
    assert (told, words) == (Told(NOW, 2, "still down"), None)

    assert overdue(told, NOW + EVERY_MS - 1) == (told, None)
    told, words = overdue(told, NOW + EVERY_MS)
    assert words == "still down (1 more like this since the last alert)"
    assert told == Told(NOW + EVERY_MS)


def test_one_that_was_held_back_alone_is_told_without_a_count() -> None:
    assert overdue(Told(NOW, 1, "down again"), NOW + EVERY_MS)[1] == "down again"


def test_a_new_one_after_the_pause_brings_the_count_of_those_held_back() -> None:
    told, words = heard(Told(NOW, 3, "x"), "down", NOW + EVERY_MS)

    assert words == "down (3 more like this since the last alert)"
    assert told == Told(NOW + EVERY_MS)


def test_nothing_is_overdue_where_nothing_was_held_back_and_then_it_is_forgotten() -> None:
    assert overdue(Told(NOW), NOW + 10 * EVERY_MS) == (Told(NOW), None)
    assert is_forgotten(Told(NOW), NOW + EVERY_MS)
    assert not is_forgotten(Told(NOW), NOW + EVERY_MS - 1)
    assert not is_forgotten(Told(NOW, 1, "x"), NOW + EVERY_MS)


def notes(times: list[int], reason: str = "bad-signature") -> list[bool]:
    burst = Burst()
    return [burst.note(reason, at) for at in times]


def test_twenty_refusals_in_five_minutes_are_news_once() -> None:
    step = BURST_MS // (BURST - 1)

    assert notes([NOW + step * n for n in range(BURST)]) == [False] * (BURST - 1) + [True]
    assert notes([NOW] * (2 * BURST - 1)).count(True) == 1
    assert notes([NOW] * 2 * BURST).count(True) == 2


def test_refusals_now_and_then_are_noise() -> None:
    step = BURST_MS // (BURST - 1) + 1

    assert not any(notes([NOW + step * n for n in range(100)]))


@pytest.mark.parametrize("reason", ["not-ready", "too-large", "too-slow", "method-not-allowed"])
def test_what_says_nothing_of_who_asks_is_not_counted(reason: str) -> None:
    assert not any(notes([NOW] * 100, reason))


def test_a_channel_is_dead_after_ten_minutes_and_told_once() -> None:
    failing = {
        ("telegram", "default"): Failing(NOW, "no route"),
        ("sms", "default"): Failing(NOW + 1, "no route"),
        ("quo", "default"): Failing(NOW, "no key", told=True),
    }

    assert dead(failing, NOW + DEAD_MS) == []
    assert dead(failing, NOW + DEAD_MS + 1) == [("telegram", "default")]

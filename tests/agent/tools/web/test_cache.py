from openclaw.agent.tools.web.cache import TtlCache
from tests.gateway.scripted import ControlledClock


def cache(clock: ControlledClock, *, seconds: float = 900, most: int = 10) -> TtlCache[str]:
    return TtlCache(seconds, most, len, clock)


def test_a_value_is_there_until_its_time_is_over() -> None:
    clock = ControlledClock()
    kept = cache(clock)
    kept.put("a", "one")

    clock.advance(899.9)
    assert kept.get("a") == "one"
    clock.advance(0.1)
    assert kept.get("a") is None
    assert kept.get("b") is None


def test_what_was_not_asked_for_the_longest_makes_room() -> None:
    kept = cache(ControlledClock())
    kept.put("a", "xxxx")
    kept.put("b", "xxxx")
    kept.get("a")
    kept.put("c", "xxxx")

    assert [kept.get(key) for key in "abc"] == ["xxxx", None, "xxxx"]


def test_a_value_that_would_fill_it_all_is_not_kept_and_drives_nothing_out() -> None:
    kept = cache(ControlledClock())
    kept.put("a", "xxxx")
    kept.put("b", "x" * 11)

    assert (kept.get("a"), kept.get("b")) == ("xxxx", None)


def test_a_newer_value_takes_the_place_of_the_older() -> None:
    kept = cache(ControlledClock())
    for number in range(100):
        kept.put("a", f"{number:08}")

    assert kept.get("a") == "00000099"
    kept.put("a", "x" * 11)
    assert kept.get("a") is None


def test_without_time_nothing_is_kept() -> None:
    kept = cache(ControlledClock(), seconds=0)
    kept.put("a", "one")

    assert kept.get("a") is None

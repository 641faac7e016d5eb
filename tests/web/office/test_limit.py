from openclaw.web.office.limit import MOST, MOST_REMEMBERED, WINDOW_SECONDS, WriteLimit
from tests.gateway.scripted import ControlledClock


def test_three_a_minute_for_each_client() -> None:
    clock = ControlledClock()
    limit = WriteLimit(clock)
    assert [limit.wait("a") for _ in range(MOST)] == [0.0] * MOST
    clock.advance(20)
    assert limit.wait("a") == WINDOW_SECONDS - 20
    assert limit.wait("b") == 0.0
    clock.advance(40)
    assert limit.wait("a") == 0.0


def test_the_table_is_bounded() -> None:
    limit = WriteLimit(ControlledClock())
    for _ in range(MOST):
        limit.wait("first")
    for number in range(MOST_REMEMBERED):
        limit.wait(str(number))
    assert limit.wait("first") == 0.0

import pytest

from openclaw.migrate.records import FoundSecret, counted


@pytest.mark.parametrize(
    ("number", "many", "said"),
    [(1, "", "1 file"), (2, "", "2 files"), (0, "", "0 files"), (1200, "pieces", "1,200 pieces")],
)
def test_a_count_is_said_as_people_say_it(number: int, many: str, said: str) -> None:
    assert counted(number, "file", many) == said


def test_a_secret_does_not_show_itself() -> None:
    assert "invented" not in repr(FoundSecret("name", "invented"))

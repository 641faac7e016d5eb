from openclaw.gateway.command_book import BOOK, find


def test_no_name_stands_for_two_things() -> None:
    names = [name for known in BOOK for name in (known.name, *known.aliases)]
    assert len(names) == len(set(names))


def test_names_are_found_however_they_are_written() -> None:
    assert find("THINKING") is find("think")
    assert find("id") is find("whoami")
    assert find("approve") is None

import re

from openclaw.gateway.command_book import BOOK, find, menu


def test_no_name_stands_for_two_things() -> None:
    names = [name for known in BOOK for name in (known.name, *known.aliases)]
    assert len(names) == len(set(names))


def test_names_are_found_however_they_are_written() -> None:
    assert find("THINKING") is find("think")
    assert find("id") is find("whoami")
    assert find("abracadabra") is None


def test_every_command_can_stand_in_a_channels_menu() -> None:
    for name, summary in menu():
        assert re.fullmatch(r"[a-z0-9_]{1,32}", name)
        assert 1 <= len(summary) <= 256

from openclaw.web.office.presence import PresenceBook


def test_the_gateway_stands_first_and_others_come_and_go() -> None:
    book = PresenceBook("1.2.3", lambda: 7)
    book.enter("c1", {"mode": "cli"})
    gateway, client = book.listing()
    assert (gateway["mode"], gateway["version"], gateway["ts"], client) == (
        "gateway",
        "1.2.3",
        7,
        {"mode": "cli"},
    )
    before = book.version
    book.leave("c1")
    book.leave("c1")
    assert (len(book.listing()), book.version) == (1, before + 1)

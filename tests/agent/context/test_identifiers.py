import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw.agent.context.identifiers import HEADING, LIMIT, appendix, identifiers
from openclaw.types.conversation import Compaction, Entry, ToolCall, UserMessage
from tests.agent.context.made import asked, came, noted, said


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Please close TASK-4711 today.", "ids", "TASK-4711"),
        ("see issue #4836, please", "ids", "#4836"),
        ("ask @ana_b about it", "ids", "@ana_b"),
        ("commit 9fceb02 broke it", "ids", "9fceb02"),
        ("trace t_19abc.", "ids", "t_19abc"),
        ("123e4567-e89b-12d3-a456-426614174000", "ids", "123e4567-e89b-12d3-a456-426614174000"),
        ("we fly with QF12 to Perth", "ids", "QF12"),
        ("version v2.3.1 is out", "ids", "v2.3.1"),
        ("host 192.168.0.1:8080 is down", "ids", "192.168.0.1:8080"),
        ("IBAN DE89370400440532013000", "ids", "DE89370400440532013000"),
        ("call get_weather again", "ids", "get_weather"),
        ("open https://example.org/a/b?c=1#d, then", "links", "https://example.org/a/b?c=1#d"),
        ("(http://example.org/x)", "links", "http://example.org/x"),
        ("write to priya.raman+x@mail.example.org.", "e-mail addresses", "priya.raman+x@mail.example.org"),
        ("in ~/docs/plan.md and", "paths", "~/docs/plan.md"),
        ("in /srv/data/x.csv.", "paths", "/srv/data/x.csv"),
        ("edit src/app/main.py", "paths", "src/app/main.py"),
        ("edit app/main.py", "paths", "app/main.py"),
        ("see report_final.pdf", "paths", "report_final.pdf"),
        (r"on C:\Users\ana\x.txt now", "paths", r"C:\Users\ana\x.txt"),
        ("call +1 (201) 555-0123 now", "phone numbers", "+1 (201) 555-0123"),
        ("call +12015550188", "phone numbers", "+12015550188"),
        ("or 201-555-0188.", "phone numbers", "201-555-0188"),
        ("or (201) 555 0188.", "phone numbers", "(201) 555 0188"),
        ("it costs $1,250.50 in all", "amounts", "$1,250.50"),
        ("it costs 40 EUR", "amounts", "40 EUR"),
        ("it is 15% more", "amounts", "15%"),
        ("€2 a day", "amounts", "€2"),
        ("weighs 3.5 kg", "amounts", "3.5 kg"),
        ("on 2027-01-02T20:00:00Z there", "dates and times", "2027-01-02T20:00:00Z"),
        ("by 14 March 2027", "dates and times", "14 March 2027"),
        ("by March 3rd", "dates and times", "March 3rd"),
        ("am 12.05.2027", "dates and times", "12.05.2027"),
        ("at 15:30", "dates and times", "15:30"),
        ("at 3pm.", "dates and times", "3pm"),
        ("it is for Priya Raman, the", "names", "Priya Raman"),
        ("tell Dr. Okonkwo", "names", "Dr. Okonkwo"),
        ("with Ludwig van der Berg.", "names", "Ludwig van der Berg"),
        ("and ask Marguerite about it", "names", "Marguerite"),
        ("встреча с Анной Петровой", "names", "Анной Петровой"),
        ("a table for 14 people", "numbers", "for 14 people"),
        ("the order is 99887766", "numbers", "is 99887766"),
    ],
)
def test_what_has_a_form_is_found(text: str, kind: str, found: str) -> None:
    assert (kind, found) in [(one.kind, one.text) for one in identifiers(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What is the weather like?",
        "his and/or hers",
        "e.g. this",
        "the 3rd one",
        "It is. Then it was.",
        "a 7",
    ],
)
def test_plain_words_are_none(text: str) -> None:
    assert list(identifiers(text)) == []


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    for one in identifiers(text):
        assert one.text
        assert one.text in text


def test_a_long_text_is_read_to_its_end_whatever_it_is_made_of() -> None:
    for filling in ("x" * 50_000, "ab " * 20_000, "\n" * 9_000):
        assert [one.text for one in identifiers(f"{filling} TASK-4711")][-1:] == ["TASK-4711"]


PLANTED = [
    "TASK-4711",
    "+12015550188",
    "ana@example.org",
    "$1,250.50",
    "/srv/data/x.csv",
    "2027-03-14",
    "Priya Raman",
]


def kept(entries: list[Entry], summary: str = "ok", room: int = 8_000) -> str:
    return appendix(entries, summary, room)


def test_what_the_summary_lacks_is_appended_whoever_said_it() -> None:
    entries: list[Entry] = [
        asked(1, "Please do TASK-4711 for Priya Raman and call +12015550188."),
        said(2, "I write to ana@example.org.", ToolCall("toolu_1", "read", {"path": ["/srv/data/x.csv"]})),
        came(3, "due 2027-03-14"),
        noted(4, "It costs $1,250.50."),
    ]

    section = kept(entries)

    assert section.startswith(HEADING)
    assert [word for word in [*PLANTED, "telegram:821071206"] if word not in section] == []


def test_what_the_summary_holds_is_not_said_twice() -> None:
    entries: list[Entry] = [asked(1, "TASK-4711 is for 14 people, see /srv/data/x.csv")]

    section = kept(entries, "telegram:821071206: task-4711 (14 guests), file /srv/data/x.csv")

    assert section == ""
    assert "- numbers: for 14 people" in kept(entries, "14000 things")


def test_the_sender_stands_with_the_name_that_was_given() -> None:
    user = UserMessage("m_1", 0, "hi", "sms:+12015550123", "member", "", "Ana\nSouza")

    assert kept([user]).splitlines()[1:] == ["- ids: sms:+12015550123", "- names: Ana Souza"]


def items(section: str) -> set[str]:
    return {item for line in section.splitlines()[1:] for item in line.partition(": ")[2].split(" · ")}


def test_a_section_survives_any_number_of_compactions() -> None:
    entries: list[Entry] = [
        asked(1, f"Please do {', '.join(PLANTED)} for 14 people, and ask Marguerite about it.")
    ]
    section = kept(entries)

    for _ in range(5):
        earlier: Entry = Compaction("m_1", 0, f"ok\n\n{section}", "m_2", 1)
        again = kept([earlier, asked(3, "Thanks.")])
        assert items(again) == items(section)
        section = again


def test_numbers_and_lone_names_of_tool_results_are_no_identifiers() -> None:
    section = kept([came(1, '{"temperature": 22.75, "wind": 14} and so Monday', "see TASK-4711")])

    assert section.splitlines()[1:] == ["- ids: TASK-4711"]


def test_too_much_leaves_out_what_tools_found_first_and_then_the_oldest() -> None:
    entries: list[Entry] = [asked(1, " ".join(f"OLD-{n}" for n in range(400)))]
    entries += [came(2, " ".join(f"FOUND-{n}" for n in range(400))), asked(3, "and NEW-1 please")]

    section = kept(entries)

    assert "NEW-1" in section
    assert "OLD-399" in section
    assert "OLD-0 " not in section
    assert "FOUND" not in section
    assert section.count("-") <= 2 * LIMIT + 20


def test_a_listing_of_one_kind_does_not_crowd_out_the_others() -> None:
    entries: list[Entry] = [
        asked(1, "TASK-4711, +12015550188"),
        asked(2, " ".join(f"/srv/{n}/x" for n in range(900))),
    ]

    section = kept(entries)

    assert "TASK-4711" in section
    assert "+12015550188" in section


@pytest.mark.parametrize("room", [0, 500, 2_000])
def test_the_section_has_its_bounds(room: int) -> None:
    entries: list[Entry] = [asked(1, " ".join(f"TASK-{n}" for n in range(1_000)))]

    assert len(kept(entries, room=room)) <= room

import sqlite3

import pytest

from openclaw.store.note_words import (
    Term,
    coverage,
    flat,
    indexed,
    match_of,
    match_of_all,
    root,
    score,
    shown,
    terms,
    weight,
)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Dentist", [("dentist",)]),
        ("when is the dentist?", [("dentist",)]),
        ("what was it", [("what",), ("was",), ("it",)]),
        ('"book the dentist" now', [("book", "the", "dentist"), ("now",)]),
        ("„Termin beim Arzt“", [("termin", "beim", "arzt")]),
        ("2026-02-27", [("2026", "02", "27")]),
        ("b/c/x/k/f/g", [("b",), ("c",), ("x",), ("k",), ("f",), ("g",)]),
        ("l'école don't", [("ecole",), ("don",)]),
        ("Café crème", [("cafe",), ("creme",)]),
        ("会議室 booked", [("会", "議", "室"), ("booked",)]),
        ("tea tea TEA", [("tea",)]),
        ("", []),
        (" .,;:!? ", []),
        ("a' OR text:* NEAR(x) -- ;", [("text",), ("near", "x")]),
    ],
)
def test_a_question_becomes_what_it_asks_for(query: str, words: list[tuple[str, ...]]) -> None:
    assert [term.words for term in terms(query)] == words


def test_a_question_is_bounded() -> None:
    assert len(terms(" ".join(f"word{n}" for n in range(400)))) == 16


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("booked", "book"),
        ("meetings", "meet"),
        ("running", "run"),
        ("companies", "compan"),
        ("company", "compan"),
        ("happiness", "happ"),
        ("termine", "termin"),
        ("notes", "note"),
        ("bus", "bus"),
        ("2026", "2026"),
        ("calling", "call"),
    ],
)
def test_forms_of_a_word_have_one_root(word: str, wanted: str) -> None:
    assert root(word) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "会議室は3階です",
        "ห้องประชุมอยู่ชั้นสาม",
        "mixed 会議 and words",
        "한국어 문장",
        "नमस्ते दुनिया",
        "a\x1fb",
    ],
)
def test_what_the_index_takes_can_be_shown_again(text: str) -> None:
    assert shown(indexed(text)) == text.replace("\x1f", "")


def found(text: str, query: str) -> bool:
    """Whether SQLite itself finds a text by what a question became."""
    with sqlite3.connect(":memory:") as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE t USING fts5(x, tokenize="
            "\"unicode61 remove_diacritics 2 categories 'L* N* M* Co'\")"
        )
        connection.execute("INSERT INTO t VALUES (?)", (indexed(text),))
        rows = connection.execute("SELECT 1 FROM t WHERE t MATCH ?", (match_of_all(terms(query)),)).fetchall()
    connection.close()
    return bool(rows)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("The dentist is booked for Tuesday", "booking dentists"),
        ("The dentist is booked", "dent"),
        ("Ein Café in Zürich", "cafe zurich"),
        ("Ein Cafe in Zurich", "Café Zürich"),
        ("今日は会議室で会議があります", "会議室"),
        ("今日は会議があります", "会議"),
        ("ห้องประชุมอยู่ชั้นสาม", "ประชุม"),
        ("नमस्ते दुनिया", "दुनिया"),
        ("שלום עולם", "עולם"),
        ("회의실에서 만나요", "회의실"),
        ("on 2026-02-27 we met", "2026-02-27"),
        ("Straße 5", "straße"),
        ("called +12015550123", "+12015550123"),
    ],
)
def test_the_index_and_the_measure_agree_that_a_text_answers(text: str, query: str) -> None:
    assert found(text, query)
    assert all(coverage(term, flat(text)) > 0.7 for term in terms(query))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("a cart", "care"),
        ("会社の議長", "会議"),
        ("27 people, 2026 cars, 02 dogs", "2026-02-27"),
        ("pi", "p"),
    ],
)
def test_what_only_resembles_an_answer_is_none(text: str, query: str) -> None:
    assert not found(text, query)
    assert [coverage(term, flat(text)) for term in terms(query)] == [0.0]


@pytest.mark.parametrize(
    "query", ['"', "'", "* OR", "text : x", "NEAR(a b)", "a AND", "^x", "{a}", "-a", "\0x", '"a" + "b" *']
)
def test_nothing_of_a_question_is_syntax(query: str) -> None:
    asked = terms(query)
    if asked:
        assert found(f"something {' '.join(asked[0].words)}", query)


def test_a_part_of_an_unspaced_word_counts_for_a_part() -> None:
    assert 0 < coverage(Term(("会", "議", "室"), unspaced=True), flat("会議です")) < 0.5


def test_a_rare_word_weighs_more_than_a_common_one_and_an_unknown_one_little() -> None:
    assert weight(1) > weight(10) > weight(10_000)
    assert weight(1) > weight(0) > weight(10_000)


def test_an_expression_names_the_word_and_its_other_forms() -> None:
    assert match_of(Term(("booked",))) == '"booked" OR "book" *'
    assert match_of(Term(("pi",))) == '"pi"'


def test_age_decides_only_between_equals() -> None:
    day = 24 * 3600 * 1000
    now = 1_000 * day

    assert score(1, 1, now, now) == score(1, 1, None, now) == pytest.approx(1)
    assert score(1, 1, now - day, now) > score(1, 1, now - 400 * day, now) > score(0.8, 1, now, now)

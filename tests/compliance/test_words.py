import pytest

from openclaw.compliance.words import Wish, is_angry, plainly, wish


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(
            (word, "stop")
            for word in ("STOP", " stop ", "Stop.", "STOPALL", "Unsubscribe", "cancel", "END", "quit")
        ),
        *((word, "stop") for word in ("REVOKE", "optout", "opt out", "OPT-OUT", "ＳＴＯＰ", "“Stop!”")),
        *((word, "start") for word in ("START", "unstop", "Start!")),
        ("<media:image>\n[attachment of type text/html, not fetched]\nSTOP", "stop"),
        ("Yes", "yes"),
        *((word, "help") for word in ("HELP", "info")),
        *(
            (word, "stop_words")
            for word in ("stop please", "Please stop now", "stop texting me", "Stop calling us!")
        ),
        *(
            (word, "stop_words")
            for word in ("please remove me from your list", "Take me off this list", "remove me")
        ),
        *(
            (word, "stop_words")
            for word in ("leave me alone", "Wrong number", "Do not contact me again", "No más")
        ),
        *((word, "stop_words") for word in ("don't text me", "lose my number", "I want to opt out", "arrêt")),
        *(
            (word, "stop_words")
            for word in (
                "Do not contact this number",
                "please don't call",
                "Don't text anymore",
                "no more texts please",
                "I don't want any more messages",
                "I do not want to receive your calls",
            )
        ),
        *(
            (word, None)
            for word in (
                "Don't call before nine",
                "I don't want the red one, send more pictures",
                "no more than two",
                "Don't send messages to Bob",
            )
        ),
        *(
            (word, None)
            for word in ("", "Can we stop by at three?", "Cancel my appointment", "the end of May")
        ),
        *(
            (word, None)
            for word in ("yes please", "I need help with it", "Is there a bus stop?", "info@example.org")
        ),
        *(
            (word, None)
            for word in ("Don't stop now, we are winning", "Start at nine", "I can't quit my job")
        ),
    ],
)
def test_a_wish_is_read_as_people_and_carriers_mean_it(text: str, meant: Wish | None) -> None:
    assert wish(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"), [("stop", None), ("help", None), ("stop calling me", "stop_words")]
)
def test_on_the_telephone_a_single_word_is_no_wish(text: str, meant: Wish | None) -> None:
    assert wish(text, spoken=True) == meant


@pytest.mark.parametrize(
    ("text", "angry"),
    [
        ("This is harassment!", True),
        ("I'll have my lawyer call you", True),
        ("FUCK OFF", True),
        ("Thanks, see you soon", False),
        ("We are on the same page", False),
    ],
)
def test_anger_is_heard(text: str, angry: bool) -> None:
    assert is_angry(text) is angry


def test_words_are_compared_without_case_accents_and_signs() -> None:
    assert plainly("  ¡No — MÁS!\n") == "no mas"

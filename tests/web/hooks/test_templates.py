import pytest

from openclaw.web.hooks.templates import LONGEST, rendered

BODY = {
    "who": "Ana",
    "open": True,
    "level": 3.5,
    "doors": [{"name": "back"}, {"name": "front {{who}}"}],
    "none": None,
    "payload": {"deep": "below"},
}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{who}} at {{ doors[0].name }}", "Ana at back"),
        ("{{payload.who}}", "Ana"),
        ("{{payload.payload.deep}}", "below"),
        ("{{open}} {{level}}", "yes 3.5"),
        ("{{doors[0]}}", '{"name": "back"}'),
        ("[{{none}}{{nobody}}{{doors[9].name}}{{who[0]}}{{who.name}}]", "[]"),
        ("nothing", "nothing"),
        ("{{}} {{", "{{}} {{"),
    ],
)
def test_places_are_filled_from_the_body(template: str, words: str) -> None:
    assert rendered(template, BODY) == words


def test_what_the_body_says_is_no_template() -> None:
    assert rendered("{{doors[1].name}}", BODY) == "front {{who}}"


@pytest.mark.parametrize("body", [None, 7, "text", []])
def test_any_json_will_do(body: object) -> None:
    assert rendered("a {{b.c}}", body) == "a "


def test_a_long_body_is_cut_and_says_so() -> None:
    words = rendered("{{a}}", {"a": "x" * (LONGEST + 1500)})
    assert words == "x" * LONGEST + "\n[1,500 characters left out]"

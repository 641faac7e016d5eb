import pytest

from openclaw.channels.whatsapp.cloud.fields import MalformedError, clean, objects, optional, part, text


def test_what_is_not_what_it_should_be_is_passed_over_or_told() -> None:
    parent = {"list": [{"a": 1}, "b", None], "word": "hi", "number": 5, "empty": "", "object": {}}

    assert objects(parent, "list") == [{"a": 1}]
    assert objects(parent, "word") == objects(parent, "nothing") == []
    assert (optional(parent, "word"), optional(parent, "number")) == ("hi", "")
    assert part(parent, "object") == {}
    for name in ("number", "empty", "nothing"):
        with pytest.raises(MalformedError, match=name):
            text(parent, name)
    with pytest.raises(MalformedError, match="word is not an object"):
        part(parent, "word")


def test_half_a_character_becomes_a_sign_for_one() -> None:
    assert clean("a\udc00b😀") == "a\ufffdb😀"

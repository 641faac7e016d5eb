import pytest
from pydantic import ValidationError

from openclaw.schema import ConfigPart, Ids, SecretField
from openclaw.types.secrets import SecretRef


class Part(ConfigPart):
    bot_token: SecretField | None = None
    allow_from: Ids = ()


@pytest.mark.parametrize("name", ["botToken", "bot_token"])
def test_keys_are_read_as_the_file_and_as_python_write_them(name: str) -> None:
    assert Part.model_validate({name: "env:TOKEN"}).bot_token == SecretRef("env:TOKEN")


def test_an_unknown_key_bricks_nothing() -> None:
    assert Part.model_validate({"botTokn": "x", "allowFrom": ["1"]}) == Part(allow_from=("1",))


def test_a_config_is_not_changed_after_it_was_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Part(), "allow_from", ("1",))  # noqa: B010 - mypy refuses the plain assignment too


@pytest.mark.parametrize(
    ("written", "reference"),
    [
        ("8213:plain", "8213:plain"),
        ("op://vault/item/field", "op://vault/item/field"),
        ({"source": "env", "provider": "default", "id": "TOKEN"}, "env:TOKEN"),
        ({"source": "file", "provider": "default", "id": "/run/token"}, "file:/run/token"),
    ],
)
def test_a_secret_is_kept_as_a_reference(written: object, reference: str) -> None:
    part = Part.model_validate({"botToken": written})
    assert part.bot_token is not None
    assert part.bot_token.text == reference


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"source": "exec", "provider": "x", "id": "y"}, "a secret of source 'exec' cannot be read here"),
        ({"id": "y"}, "a secret is text"),
        ({"_text": "env:TOKEN"}, "a secret is text"),
        (12345, "a secret is text"),
    ],
)
def test_what_is_no_reference_is_refused(written: object, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Part.model_validate({"botToken": written})


def test_a_plain_secret_shows_itself_nowhere() -> None:
    part = Part.model_validate({"botToken": "8213:very-secret"})
    assert "very-secret" not in f"{part!r} {part} {part.model_dump()} {part.model_dump_json()}"


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        (["821071206", 821071206, " +12015550123 "], ("821071206", "821071206", "+12015550123")),
        (821071206, ("821071206",)),
        ("*", ("*",)),
        ([], ()),
    ],
)
def test_ids_are_text_however_they_are_written(written: object, ids: tuple[str, ...]) -> None:
    assert Part.model_validate({"allowFrom": written}).allow_from == ids


@pytest.mark.parametrize("written", [True, {"id": 1}, None, 1.5])
def test_what_is_no_list_of_ids_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        Part.model_validate({"allowFrom": written})

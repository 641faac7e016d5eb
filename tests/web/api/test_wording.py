from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from openclaw.web.api.wording import first_wrong


class Pet(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=8)
    code: str = Field(default="ab", min_length=2)
    kind: Literal["cat", "dog"] = "cat"
    age: int = Field(default=1, ge=0, le=30)
    weight: Annotated[float, Field(gt=0, lt=100)] = 1.0
    tame: bool = True
    foods: list[str] = Field(default=["fish"], min_length=1, max_length=2)
    owner: dict[str, str] = {}

    @field_validator("code")
    @classmethod
    def _is_small(cls, code: str) -> str:
        if code.isupper():
            raise ValueError("write it in small letters, as {ab}")
        return code


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        ({"name": None}, "name", "it must be text"),
        ({"name": ""}, "name", "it must not be empty"),
        ({"name": "x" * 9}, "name", "it has more than 8 characters"),
        ({"forged": 1}, "forged", "there is no such field"),
        ({"code": "a"}, "code", "it has fewer than 2 characters"),
        ({"code": "AB"}, "code", "write it in small letters, as {ab}"),
        ({"kind": "cow"}, "kind", "it is one of 'cat' or 'dog'"),
        ({"age": "old"}, "age", "it must be a whole number"),
        ({"age": -1}, "age", "it must be at least 0"),
        ({"age": 31}, "age", "it must be at most 30"),
        ({"weight": 0.0}, "weight", "it must be more than 0.0"),
        ({"weight": "fat"}, "weight", "it must be a number"),
        ({"tame": "no"}, "tame", "it must be true or false"),
        ({"foods": "fish"}, "foods", "it must be a list"),
        ({"foods": []}, "foods", "it must not be empty"),
        ({"foods": ["a", "b", "c"]}, "foods", "it has more than 2 entries"),
        ({"owner": 7}, "owner", "it must be an object"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(wrong: dict[str, object], place: str, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        Pet.model_validate({"name": "Tom", **wrong})
    assert first_wrong(error.value) == ((place,), words)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ValidationError) as error:
        Pet.model_validate({})
    assert first_wrong(error.value) == (("name",), "it is required")

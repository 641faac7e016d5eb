from typing import Annotated, Any, Literal

import pytest

from openclaw.schema import ConfigPart, Ids, SecretField
from openclaw.settings.shape import RAW, Shape, shape_of


class Inner(ConfigPart):
    name: str = ""


class Outer(ConfigPart):
    inner: Inner | None = None
    by_name: dict[str, Inner] = {}
    several: tuple[Inner, ...] = ()
    either: str | Inner = ""
    secret: SecretField | None = None
    raw: dict[str, object] = {}
    ids: Ids = ()


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        (int, Shape(number=True)),
        (bool | None, Shape(number=True)),
        (str, Shape(text=True)),
        (Literal["a", "b"], Shape(text=True)),
        (Literal[1, 2], Shape()),
        (Annotated[str, "note"], Shape(text=True)),
        (dict[str, int], Shape(values=Shape(number=True))),
        (tuple[str, ...], Shape(items=Shape(text=True))),
        (dict[str, Any], Shape(values=RAW)),
        (str | Inner, Shape(models=(Inner,), text=True)),
    ],
)
def test_a_type_tells_what_may_stand_there(annotation: Any, shape: Shape) -> None:
    assert shape_of(annotation) == shape


def test_a_shape_leads_to_what_is_below() -> None:
    root = Shape(models=(Outer,))

    assert set(root.fields()) == {"inner", "byName", "several", "either", "secret", "raw", "ids"}
    assert root.alias("by_name") == "byName"
    for steps in (("inner",), ("byName", "x"), ("several", 3), ("either",)):
        shape: Shape | None = root
        for step in steps:
            shape = shape.child(step) if shape else None
        assert shape is not None
        assert shape.child("name") == Shape(text=True)
        assert shape.child("nope") is None
    secret = root.child("secret")
    assert secret is not None
    assert secret.secret
    raw = root.child("raw")
    assert raw is not None
    assert raw.child("whatever") == RAW

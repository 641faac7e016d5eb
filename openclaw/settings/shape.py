"""What may stand where in the config, read off the models."""

import types
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import AliasChoices, BaseModel

from openclaw.types.secrets import SecretRef


@dataclass(frozen=True, slots=True)
class Shape:
    models: tuple[type[BaseModel], ...] = ()
    values: "Shape | None" = None
    """Of a map whose keys the owner chooses."""
    items: "Shape | None" = None
    text: bool = False
    number: bool = False
    secret: bool = False
    raw: bool = False
    """Anything goes; whoever uses it checks it."""

    def fields(self) -> Mapping[str, "Shape"]:
        return {name: shape for model in self.models for name, shape in _fields(model).items()}

    def open(self) -> bool:
        """Whether names we do not know may stand here."""
        return self.raw or any(model.model_config.get("extra") == "allow" for model in self.models)

    def child(self, step: str | int) -> "Shape | None":
        if isinstance(step, int):
            return RAW if self.raw else self.items
        if (shape := self.fields().get(step)) is not None:
            return shape
        return self.values or (RAW if self.open() else None)

    def alias(self, name: str) -> str:
        """The name the file uses; python's own names are accepted too."""
        return next(
            (
                _alias(field_name, model)
                for model in self.models
                for field_name in model.model_fields
                if field_name == name
            ),
            name,
        )


RAW = Shape(raw=True, text=True)


def _alias(name: str, model: type[BaseModel]) -> str:
    field = model.model_fields[name]
    chosen = field.validation_alias or field.alias or name
    if isinstance(chosen, AliasChoices):
        chosen = next(choice for choice in chosen.choices if isinstance(choice, str))
    return chosen if isinstance(chosen, str) else name


@cache
def _fields(model: type[BaseModel]) -> Mapping[str, Shape]:
    return {
        _alias(name, model): shape_of(_hashable(field.annotation))
        for name, field in model.model_fields.items()
    }


def _hashable(annotation: Any) -> Hashable:
    return cast(Hashable, annotation)


@cache
def shape_of(annotation: Any) -> Shape:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(arguments[0])
    if origin in (Union, types.UnionType):
        return _either([shape_of(argument) for argument in arguments])
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return Shape(values=shape_of(arguments[1]))
    if origin in (list, tuple, set, frozenset) or (
        isinstance(origin, type) and origin.__name__ == "Sequence"
    ):
        return Shape(items=shape_of(arguments[0]))
    if origin is Literal:
        return Shape(text=any(isinstance(argument, str) for argument in arguments))
    return _plain(annotation)


def _plain(annotation: Any) -> Shape:
    if annotation is SecretRef:
        return Shape(text=True, secret=True)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Shape(models=(annotation,))
    if annotation in (Any, object, dict, list):
        return RAW
    if annotation in (int, float, bool):
        return Shape(number=True)
    return Shape(text=annotation is not type(None))


def _either(shapes: list[Shape]) -> Shape:
    return Shape(
        models=tuple(model for shape in shapes for model in shape.models),
        values=next((shape.values for shape in shapes if shape.values), None),
        items=next((shape.items for shape in shapes if shape.items), None),
        text=any(shape.text for shape in shapes),
        number=any(shape.number for shape in shapes),
        secret=any(shape.secret for shape in shapes),
        raw=any(shape.raw for shape in shapes),
    )

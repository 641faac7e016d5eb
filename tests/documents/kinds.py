"""What a config field takes, in words, read off its model. Pure."""

import ast
import inspect
import textwrap
import types
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from openclaw.types.secrets import SecretRef

_PLAIN = {bool: "true or false", int: "whole number", float: "number", str: "text", SecretRef: "secret"}
_BOUNDS = (("ge", "{} or more"), ("gt", "more than {}"), ("le", "at most {}"), ("lt", "less than {}"))
_PATTERNS = {
    r"^https?://[^\s?#]+$": "an address",
    r"^MG[0-9a-fA-F]{32}$": "`MG…`",
}


def kind_of(field: FieldInfo) -> str:
    pattern = _PATTERNS.get(str(_bound(field, "pattern")), "")
    return pattern or ", ".join([_kind(field.annotation), *_bounds(field)])


def _bounds(field: FieldInfo) -> list[str]:
    least, most = _bound(field, "ge"), _bound(field, "le")
    if least is not None and most is not None:
        return [f"{least} to {most}"]
    return [words.format(each) for name, words in _BOUNDS if (each := _bound(field, name)) is not None]


def _bound(field: FieldInfo, name: str) -> object:
    found = (getattr(each, name, None) for each in field.metadata)
    return next((each for each in found if each is not None), None)


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin in (Union, types.UnionType):
        kinds = [_kind(each) for each in arguments if each is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin in (dict, Mapping):
        return f"map of {_plural(_kind(arguments[1]))}"
    if origin in (tuple, list, Sequence):
        return f"list of {_plural(_kind(arguments[0]))}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "object"
    return _PLAIN.get(annotation, "anything")


def _plural(kind: str) -> str:
    return f"{kind}s" if kind in {"text", "secret", "number", "whole number", "object"} else kind


def models_in(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """Models inside, each with what stands between the key and theirs: nothing, a chosen name, or a place in a list."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from models_in(arguments[0])
    elif origin in (Union, types.UnionType):
        for each in arguments:
            yield from models_in(each)
    elif origin in (dict, Mapping):
        yield from ((f".*{step}", model) for step, model in models_in(arguments[1]))
    elif origin in (tuple, list, Sequence) and arguments:
        yield from ((f".#{step}", model) for step, model in models_in(arguments[0]))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "", annotation


def default_of(field: FieldInfo) -> str:
    """As JSON5 has it; nothing for what has none, and for objects, whose keys tell."""
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True)
    if value is None or isinstance(value, BaseModel):
        return ""
    return f"`{orjson.dumps(value, default=str).decode()}`"


@cache
def remarks_in_code(model: type[BaseModel]) -> Mapping[str, str]:
    """Field → the words below it in the source, for those that the documented config says nothing of."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if not issubclass(kind, BaseModel) or kind.__module__.startswith("pydantic"):
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
        assert isinstance(tree, ast.ClassDef)
        for line, below in zip(tree.body, tree.body[1:], strict=False):
            if (
                isinstance(line, ast.AnnAssign)
                and isinstance(line.target, ast.Name)
                and (words := _words(below))
            ):
                found[line.target.id] = words
    return found


def _words(node: ast.stmt) -> str:
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return " ".join(node.value.value.split())
    return ""

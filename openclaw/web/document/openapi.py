"""`/openapi.json`: what the control plane serves over HTTP, from its routes, their bodies and one table of words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from starlette.routing import BaseRoute, Route

from openclaw import __version__
from openclaw.web.document.operations import OPERATIONS, SCHEMAS, Operation

PATH = "/openapi.json"
_REF = "#/components/schemas/{model}"
_SHARED: Mapping[int, str] = {
    401: "No valid bearer token was shown.",
    403: "A page of another origin asked.",
    408: "The body did not come in time.",
    421: "The Host header names somebody else.",
    429: "Too many failed attempts came from there.",
    500: "It failed; the log says why.",
}
_OPEN = frozenset({401, 429})
"""Never said where no token is asked for."""


def document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """Pure. A route that the table does not know is shown all the same, without words."""
    schemas: dict[str, Any] = dict(SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for method, path in served(routes):
        operation = OPERATIONS.get((method, path), Operation("", "", {}))
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenClaw",
            "version": __version__,
            "description": "The control plane of a personal assistant. It listens on loopback unless told otherwise.",
        },
        "paths": paths,
        "security": [{"bearer": []}],
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def served(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and path of each, as a reader of the document writes them."""
    for route in routes:
        if isinstance(route, Route):
            path = route.path.replace(":path}", "}")
            yield from ((method, path) for method in sorted(route.methods or ()) if method != "HEAD")


def _operation(method: str, path: str, told: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": f"{method.lower()}{path.replace('{', '').replace('}', '')}".replace("/", "_"),
        "summary": told.summary,
        "tags": [told.tag],
        "responses": _responses(told, takes_body=told.body is not None),
    }
    if told.parameters:
        found["parameters"] = [dict(parameter) for parameter in told.parameters]
    if told.body is not None:
        schema = _body_schema(told, schemas)
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if told.open:
        found["security"] = []
    return found


def _body_schema(told: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    assert told.body is not None
    if told.body.__name__ not in schemas:
        schemas[told.body.__name__] = _schema(told.body, told.narrower, schemas)
    return {"$ref": _REF.format(model=told.body.__name__)}


def _schema(
    model: type[BaseModel], narrower: Mapping[str, Mapping[str, Any]], schemas: dict[str, Any]
) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True, ref_template=_REF)
    schemas.update(schema.pop("$defs", {}))
    for name, facts in narrower.items():
        schema["properties"][name] = {**schema["properties"][name], **facts}
    return schema


def _responses(told: Operation, *, takes_body: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, words in _SHARED.items():
        if (told.open and status in _OPEN) or (status == 408 and not takes_body):
            continue
        found[str(status)] = _answer(words, {"application/json": {"schema": _ref("Error")}})
    for status, outcome in told.answers.items():
        found[str(status)] = _answer(outcome.words, outcome.content())
    return dict(sorted(found.items()))


def _answer(words: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": words, **({"content": content} if content else {})}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=name)}

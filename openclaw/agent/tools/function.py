"""A typed Python function as a tool."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import anyio
import anyio.from_thread
import anyio.lowlevel
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo
from pydantic_core import to_json

from openclaw.agent.tools.arguments import checked, schema_of
from openclaw.agent.tools.base import Act, Effect, Kind, Scene, ToolError
from openclaw.types.conversation import Provenance
from openclaw.types.errors import OpenClawError

HANDED_IN = frozenset({"http", "config"})
"""Parameters that come from the house, not from the model."""
OUTPUT_LIMIT = 200_000
TIMEOUT_SECONDS = 60.0
THREADS = 4
"""Of one tool at a time: one that hangs must not starve the others."""

Function = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Traits:
    """What is said about a tool by whoever vouches for its code."""

    effect: Effect = Effect.ONCE
    provenance: Provenance = "tool"
    timeout_seconds: float = TIMEOUT_SECONDS
    kind: Kind = Kind.FOREIGN


@dataclass(slots=True)
class FunctionTool:
    name: str
    description: str
    schema: Mapping[str, object]
    _function: Function
    _arguments: type[BaseModel]
    _handed: Mapping[str, object]
    _traits: Traits
    _threads: anyio.CapacityLimiter | None = field(default=None, init=False)

    @property
    def effect(self) -> Effect:
        return self._traits.effect

    @property
    def provenance(self) -> Provenance:
        return self._traits.provenance

    @property
    def timeout_seconds(self) -> float:
        return self._traits.timeout_seconds

    def act(self, arguments: Mapping[str, object], scene: Scene) -> Act:
        return Act(self._traits.kind, self.name, to_json(arguments, fallback=str).decode())

    async def run(self, arguments: Mapping[str, object], scene: Scene) -> str:
        call = partial(self._function, **self._checked(arguments), **self._handed)
        try:
            return _as_text(await self._outcome(call))
        except ToolError:
            raise
        except OpenClawError as error:
            raise ToolError(str(error)) from error

    def _checked(self, arguments: Mapping[str, object]) -> dict[str, object]:
        given = checked(self._arguments, arguments, self.schema)
        fields = self._arguments.model_fields
        return {str(info.alias): getattr(given, name) for name, info in fields.items()}

    async def _outcome(self, call: Callable[[], object]) -> object:
        if inspect.iscoroutinefunction(self._function):
            coroutine = call()
            assert isinstance(coroutine, Awaitable)
            return await coroutine
        if self._threads is None:
            self._threads = anyio.CapacityLimiter(THREADS)
        async with self._threads:
            return await _in_own_thread(call)


async def _in_own_thread(call: Callable[[], object]) -> object:
    """Nothing can stop a thread: neither a cancelled turn nor the end of the process waits for this one.

    For anyio's own threads the process would wait.
    """
    token, ended = anyio.lowlevel.current_token(), anyio.Event()
    outcome: Future[object] = Future()

    def work() -> None:
        try:
            outcome.set_result(call())
        except Exception as error:  # noqa: BLE001 - raised where the result is awaited
            outcome.set_exception(error)
        except BaseException as error:  # noqa: BLE001 - `sys.exit` in a tool ends no more than the tool
            outcome.set_exception(ToolError(f"the tool gave up: {error!r}"))
        with suppress(anyio.RunFinishedError):
            anyio.from_thread.run_sync(ended.set, token=token)

    context = copy_context()
    Thread(target=context.run, args=(work,), name="tool", daemon=True).start()
    await ended.wait()
    return outcome.result()


def function_tool(function: Function, handed: Mapping[str, object], traits: Traits) -> FunctionTool:
    """Raises TypeError, in words for its author, when the function cannot be a tool."""
    description = inspect.getdoc(function) or ""
    summary, about = _split_doc(description)
    parameters = inspect.signature(function).parameters
    _refuse_the_impossible(function, parameters)
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for number, parameter in enumerate(p for name, p in parameters.items() if name not in HANDED_IN):
        annotation = hints.get(parameter.name, Any)
        # Fields are numbered and go by alias: a parameter may be called `json` or `model_id`.
        fields[f"a{number}"] = (annotation, _field(parameter, annotation, about.get(parameter.name)))
    model = create_model(
        function.__name__, __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=False), **fields
    )
    given = {name: handed[name] for name in sorted(HANDED_IN & parameters.keys())}
    return FunctionTool(function.__name__, summary, schema_of(model), function, model, given, traits)


def _refuse_the_impossible(function: Function, parameters: Mapping[str, inspect.Parameter]) -> None:
    for name, parameter in parameters.items():
        if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            raise TypeError(f"{function.__name__}: {name!r} must be a parameter that can be given by name")
    if "http" in parameters and not inspect.iscoroutinefunction(function):
        raise TypeError(f"{function.__name__}: a function that takes http must be `async def`")


def _field(parameter: inspect.Parameter, annotation: object, description: str | None) -> FieldInfo:
    default = ... if parameter.default is parameter.empty else parameter.default
    if get_origin(annotation) is Annotated:
        words = [extra for extra in get_args(annotation)[1:] if isinstance(extra, str)]
        described = [extra for extra in get_args(annotation)[1:] if isinstance(extra, FieldInfo)]
        if any(info.description for info in described):
            words, description = [], None
        description = words[0] if words else description
    more = {"description": description} if description else {}
    info: FieldInfo = Field(default=default, alias=parameter.name, **more)  # type: ignore[call-overload]
    return info


def _split_doc(text: str) -> tuple[str, dict[str, str]]:
    """What a docstring says of the function, and of each parameter under `Args:`."""
    summary, _, rest = text.partition("\nArgs:\n")
    about: dict[str, str] = {}
    for line in rest.splitlines():
        name, colon, words = line.strip().partition(":")
        if colon and name.isidentifier() and words.strip():
            about[name] = words.strip()
        elif not line.startswith(" "):
            break
    return summary.strip(), about


def _as_text(outcome: object) -> str:
    if outcome is None:
        text = "done"
    elif isinstance(outcome, str):
        text = outcome.encode("utf-8", "replace").decode()
    else:
        text = to_json(outcome, fallback=str, inf_nan_mode="null").decode()
    if len(text) <= OUTPUT_LIMIT:
        return text
    return f"{text[:OUTPUT_LIMIT]}\n[{len(text) - OUTPUT_LIMIT:,} of {len(text):,} characters were left out here]"

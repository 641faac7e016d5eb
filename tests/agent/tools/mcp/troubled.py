"""An MCP server that can go wrong in every way, over stdio: `troubled.py [stubborn]`.

Written by hand, since it is started anew for nearly every test and the SDK takes a second to load. What it says is what
a server of the SDK says; `by_sdk.py` is one, and `test_connection.py` holds both to the same.
"""

import base64
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NEWEST, FORMER = "2026-07-28", "2025-11-25"
IDENTITY = {"name": "troubled", "version": "1.2.3"}
UNKNOWN_METHOD = -32601


class RefusedError(Exception):
    pass


def echo(text: str) -> str:
    """Say it again."""
    return text


def whoami() -> str:
    """The process, its group and its environment's names."""
    return f"{os.getpid()} {os.getpgid(0)} {' '.join(sorted(os.environ))}"


def secret() -> str:
    """A key that should have been kept."""
    return f"the key is {os.environ.get('API_TOKEN', 'unset')}"


def die(code: int = 7) -> str:
    """End without an answer."""
    print("I cannot go on", file=sys.stderr, flush=True)
    os._exit(code)


def hang(mark: str = "") -> None:
    """Never answer; the file named by `mark` tells that the call was cancelled."""


def block() -> str:
    """Stand still: nothing is answered any more, no ping either."""
    os.kill(os.getpid(), signal.SIGSTOP)
    return "went on"


def huge(characters: int) -> str:
    """A long answer."""
    return "x" * characters


def broken() -> str:
    """Refuse."""
    raise RefusedError("the disk is on fire")


def picture() -> list[Json]:
    """A dot, as words and as a picture."""
    image = {"type": "image", "data": base64.b64encode(PNG).decode(), "mimeType": "image/png"}
    return [{"type": "text", "text": "a dot"}, image]


def child() -> str:
    """A grandchild that goes on by itself, in the server's group."""
    return str(os.posix_spawnp("sleep", ["sleep", "600"], os.environ))


Work = Callable[..., str | list[Json] | None]
PLAIN: tuple[Work, ...] = (echo, whoami, secret, die, hang, block, huge, broken, picture, child)
TYPES = {str: "string", int: "integer"}


def tool(name: str, work: Work) -> Json:
    """As it is listed. Its arguments are those of the function."""
    kinds = {key: kind for key, kind in work.__annotations__.items() if key != "return"}
    optional = len(work.__defaults__ or ())
    schema = {
        "type": "object",
        "properties": {key: {"title": key.title(), "type": TYPES[kind]} for key, kind in kinds.items()},
        "required": list(kinds)[: len(kinds) - optional],
    }
    return {"name": name, "description": work.__doc__, "inputSchema": schema}


class Server:
    def __init__(self) -> None:
        self.tools: dict[str, Work] = {work.__name__: work for work in PLAIN}
        self.tools |= {"plod": self.plod, "learn": self.learn}
        self.newest = False
        self.listening: list[object] = []
        self.hanging: dict[object, str] = {}
        """What is written where when the call is cancelled."""
        self.progress: object = None

    def plod(self) -> str:
        """Two steps, told one by one."""
        self.tell(
            "notifications/progress", progressToken=self.progress, progress=1, total=2, message="digging"
        )
        self.tell("notifications/progress", progressToken=self.progress, progress=2, total=2)
        return "done"

    def learn(self, name: str) -> str:
        """Have one more tool."""

        def learnt() -> str:
            return f"I am {name}"

        learnt.__doc__ = f"Learnt as {name}."
        self.tools[name] = learnt
        if not self.newest:
            self.tell("notifications/tools/list_changed")
        for subscription in self.listening:
            self.tell("notifications/tools/list_changed", _meta=subscribed(subscription))
        return "learnt"

    def run(self) -> None:
        """Until its input ends."""
        for line in sys.stdin:
            message = json.loads(line)
            method, params = message["method"], message.get("params") or {}
            if method == "notifications/cancelled":
                if mark := self.hanging.pop(params["requestId"], ""):
                    Path(mark).write_text("cancelled")
            elif "id" in message:
                self.answer(message["id"], method, params)

    def answer(self, number: object, method: str, params: Json) -> None:
        match method:
            case "server/discover":
                self.newest = True
                self.end(number, {"supportedVersions": [NEWEST], **self.capable(), **self.fresh()})
            case "initialize":
                self.end(number, {"protocolVersion": FORMER, **self.capable(), "serverInfo": IDENTITY})
            case "subscriptions/listen":
                self.listening.append(number)
                wanted = params["notifications"]
                self.tell(
                    "notifications/subscriptions/acknowledged", _meta=subscribed(number), notifications=wanted
                )
            case "tools/list":
                listed = [tool(name, work) for name, work in self.tools.items()]
                self.end(number, {"tools": listed, **self.fresh()})
            case "tools/call":
                self.call(number, params)
            case "ping":
                self.end(number, {})
            case _:
                say(
                    {
                        "id": number,
                        "error": {"code": UNKNOWN_METHOD, "message": f"Method not found: {method}"},
                    }
                )

    def fresh(self) -> Json:
        """How long an answer may be kept."""
        return {"cacheScope": "private", "ttlMs": 0} if self.newest else {}

    def capable(self) -> Json:
        return {"capabilities": {"tools": {"listChanged": self.newest}}}

    def call(self, number: object, params: Json) -> None:
        name, arguments = params["name"], params.get("arguments") or {}
        self.progress = (params.get("_meta") or {}).get("progressToken")
        if name == "hang":
            self.hanging[number] = arguments.get("mark", "")
            return
        try:
            said = self.work(name, arguments)(**arguments)
        except RefusedError as refused:
            words = f"Error executing tool {name}: {refused}"
            self.end(number, {"content": [{"type": "text", "text": words}], "isError": True})
            return
        content = [{"type": "text", "text": said}] if isinstance(said, str) else said
        self.end(number, {"content": content, "isError": False})

    def work(self, tool: str, arguments: Json) -> Work:
        if tool not in self.tools:
            raise RefusedError("there is no such tool")
        work = self.tools[tool]
        for name, value in arguments.items():
            if not isinstance(value, work.__annotations__[name]):
                raise RefusedError(f"{name}: Input should be a valid {TYPES[work.__annotations__[name]]}")
        return work

    def end(self, number: object, result: Json) -> None:
        if self.newest:
            result |= {"resultType": "complete", "_meta": {"io.modelcontextprotocol/serverInfo": IDENTITY}}
        say({"id": number, "result": result})

    def tell(self, method: str, **params: object) -> None:
        say({"method": method, "params": params})


def subscribed(number: object) -> Json:
    return {"io.modelcontextprotocol/subscriptionId": number}


def say(message: Json) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def main(*words: str) -> None:
    stubborn = "stubborn" in words
    if stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Server().run()
    while stubborn:
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])

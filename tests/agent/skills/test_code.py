import hashlib
import sys
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest

from openclaw.agent.config import SkillEntry
from openclaw.agent.skills.code import SkillCode, is_pinned, load_code
from openclaw.agent.skills.manifest import Manifest, Skill
from openclaw.agent.skills.pinning import digest_of
from openclaw.agent.tools.base import Act, Effect, Kind, ToolError
from openclaw.net.door import Door
from openclaw.types.errors import SecretError
from openclaw.types.secrets import Secret, SecretRef
from tests.agent.tools.scenes import SCENE

GREET = '''
from dataclasses import dataclass
from pathlib import Path
from openclaw.net.door import Door

EFFECTS = {"greet": "read-only"}

@dataclass
class Greeting:
    text: str

def greet(name: str) -> Greeting:
    """Greet somebody."""
    return Greeting(f"hello {name}")

def _helper() -> None: ...

async def fetch(url: str, http: Door, config: dict[str, object]) -> str:
    """Fetch a page."""
    return (await http.get(url)).text + str(config)
'''


def skill(folder: Path, source: str | bytes, *, bundled: bool = False) -> Skill:
    made = Skill(Manifest("greeter", "greets", "greeter"), folder / "SKILL.md", bundled)
    made.code.write_bytes(source if isinstance(source, bytes) else source.encode())
    return made


def load(made: Skill, entry: SkillEntry | None = None) -> SkillCode:
    return load_code(made, entry or SkillEntry(), Door(), 60)


def pinned(source: str) -> SkillEntry:
    return SkillEntry(sha256=hashlib.sha256(source.encode()).hexdigest().upper())


async def test_public_functions_of_shipped_code_become_tools(tmp_path: Path) -> None:
    code = await anyio.to_thread.run_sync(load, skill(tmp_path, GREET, bundled=True))

    assert [tool.name for tool in code.tools] == ["fetch", "greet"]
    assert [tool.effect for tool in code.tools] == [Effect.ONCE, Effect.READ_ONLY]
    assert await code.tools[1].run({"name": "Ana"}, SCENE) == '{"text":"hello Ana"}'
    assert not [name for name in sys.modules if name == "tools"]


def test_unknown_code_does_not_run_and_says_how_it_could(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    source = f"from pathlib import Path\nPath({str(marker)!r}).touch()\n"

    code = load(skill(tmp_path, source))

    assert not marker.exists()
    assert code.tools == ()
    (problem,) = code.problems
    digest = hashlib.sha256(source.encode()).hexdigest()
    assert problem.text == (
        f"{tmp_path}/tools.py is not loaded: it is code that nobody has vouched for. "
        f'Read it; if you trust it, set skills.entries.greeter.sha256 to "{digest}"'
    )


def test_pinned_code_runs_but_cannot_vouch_for_its_own_effects(tmp_path: Path) -> None:
    code = load(skill(tmp_path, GREET), pinned(GREET))

    assert {tool.name: tool.effect for tool in code.tools} == {"fetch": Effect.ONCE, "greet": Effect.ONCE}
    assert {tool.provenance for tool in code.tools} == {"skill"}


def test_code_that_changed_since_is_refused(tmp_path: Path) -> None:
    code = load(skill(tmp_path, GREET + "\n# one more line\n"), pinned(GREET))

    assert code.tools == ()
    assert "has changed since it was pinned" in code.problems[0].text


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        (b"\xff\xfe", "failed: "),
        ("raise SystemError('no')", "SystemError: no"),
        ("def odd(*names: str) -> None: ...", "must be a parameter that can be given by name"),
        ("def größe(x: int) -> int: ...", "a tool's name is made of"),
        ("def lost(x: 'Nowhere') -> int: ...", "NameError"),
        ("EFFECTS = {'f': 'harmless'}\ndef f() -> int: ...", "KeyError"),
    ],
)
def test_code_that_fails_is_a_problem_and_nothing_more(
    tmp_path: Path, source: str | bytes, problem: str
) -> None:
    code = load(skill(tmp_path, source, bundled=True))

    assert code.tools == ()
    assert problem in code.problems[0].text


async def test_its_door_leads_only_to_what_the_config_or_the_code_names(tmp_path: Path) -> None:
    entry = SkillEntry(config={"base": "http://127.0.0.1:9/x", "unit": "C"})
    source = "ORIGINS = ('https://api.example.org',)\n" + GREET
    code = await anyio.to_thread.run_sync(load, skill(tmp_path, source, bundled=True), entry)
    fetch = code.tools[0]

    with pytest.raises(ToolError, match=r"http://127\.0\.0\.1:8/: this address is not among those"):
        await fetch.run({"url": "http://127.0.0.1:8/"}, SCENE)
    with pytest.raises(ToolError) as reached:
        await fetch.run({"url": "http://127.0.0.1:9/"}, SCENE)
    assert "not among those" not in str(reached.value)


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    made = skill(tmp_path, "")
    made.code.unlink()

    assert "cannot be read" in load(made).problems[0].text


def test_the_hash_of_the_whole_folder_vouches_for_the_code_too(tmp_path: Path) -> None:
    made = skill(tmp_path, GREET)
    (tmp_path / "SKILL.md").write_text("# Greet")
    pin = SkillEntry(sha256=digest_of(tmp_path))

    assert [tool.name for tool in load(made, pin).tools] == ["fetch", "greet"]
    assert is_pinned(made, pin)
    (tmp_path / "SKILL.md").write_text("# Other")
    assert load(made, pin).tools == ()
    assert not is_pinned(made, pin)


class Vault:
    def __init__(self) -> None:
        self.value = "leaf-1"

    async def resolve(self, reference: SecretRef, *, fresh: bool = False) -> Secret:
        if reference.text == "env:GONE":
            raise SecretError("env:GONE is not set")
        return Secret(self.value)


KEYED = 'async def key(config: dict) -> str:\n    return config.get("apiKey", "none") + str(config)\n'


async def test_a_tool_gets_its_secrets_when_it_is_called_and_never_prints_them(tmp_path: Path) -> None:
    vault, entry = Vault(), SkillEntry.model_validate({"apiKey": "env:TEA"})
    made = await anyio.to_thread.run_sync(partial(skill, tmp_path, KEYED, bundled=True))
    (tool,) = (await anyio.to_thread.run_sync(load_code, made, entry, Door(), 60, vault)).tools

    first = await tool.run({}, SCENE)
    vault.value = "leaf-2"

    assert first == "leaf-1{'apiKey': '***'}"
    assert await tool.run({}, SCENE) == "leaf-2{'apiKey': '***'}"
    assert tool.act({}, SCENE) == Act(Kind.CONSULT, "key", "{}")
    assert (tool.name, tool.effect, tool.provenance, tool.timeout_seconds) == ("key", Effect.ONCE, "tool", 60)
    assert tool.schema["properties"] == {}
    assert tool.description == ""


async def test_a_secret_that_cannot_be_read_is_told_to_the_model(tmp_path: Path) -> None:
    entry = SkillEntry.model_validate({"env": {"A": "env:GONE"}})
    made = await anyio.to_thread.run_sync(partial(skill, tmp_path, KEYED, bundled=True))
    (tool,) = (await anyio.to_thread.run_sync(load_code, made, entry, Door(), 60, Vault())).tools

    with pytest.raises(ToolError, match="env:GONE is not set"):
        await tool.run({}, SCENE)

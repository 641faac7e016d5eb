"""`docs/configuration.md` from the models, the documented config, and the table of what counts when."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from openclaw import bundled
from openclaw.settings.editing.documented import remarks
from openclaw.settings.environment import _OURS, _PROVIDERS
from openclaw.settings.life.effects import EFFECTS, effect_of
from openclaw.settings.model import ROOT, Settings
from openclaw.settings.problems import Key, dotted
from tests.documents.kinds import default_of, kind_of, models_in, remarks_in_code

COUNTS = {"live": "at once", "channel": "channel anew", "restart": "restart"}
_ONE = {
    "at once": "A change counts at once.",
    "channel anew": "A change counts at once: the channel begins anew by itself.",
    "restart": "A change counts after a restart.",
}
_MEANINGS = {
    "live": "For everything that begins from now on. What is under way ends as it began.",
    "channel": "The channel that it is about begins anew by itself; messages wait meanwhile.",
    "restart": "After `openclaw service restart`, or after you have stopped and started it.",
}


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    kind: str
    default: str
    counts: str
    words: str


@dataclass(slots=True)
class Walk:
    """Through the models, each of them once: where one comes again, it is named."""

    said: Mapping[str, str]
    seen: dict[type[BaseModel], str] = field(default_factory=dict)

    def rows(self, model: type[BaseModel], path: str) -> Iterator[Row]:
        self.seen.setdefault(model, path)
        for name, info in model.model_fields.items():
            key = f"{path}.{info.alias or name}"
            below = list(models_in(info.annotation))
            again = [self.seen[each] for _, each in below if each in self.seen]
            words = self.said.get(key.replace("#", "*")) or remarks_in_code(model).get(name, "")
            if key.endswith(".accounts"):
                below, again = [], []
            told = plain(f"{words} The keys of `{shown(again[0])}`." if again else words, kind_of(info))
            if not below or again or words or any(step for step, _ in below):
                yield Row(key, kind_of(info), default_of(info), counts_of(key), told)
            if not again:
                for step, each in below:
                    yield from self.rows(each, f"{key}{step}")


def counts_of(key: str) -> str:
    steps: Key = tuple(key.split("."))
    return COUNTS[effect_of(steps) or "restart"]


def plain(words: str, kind: str) -> str:
    """Nothing where the words say no more than the kind does."""
    told = re.sub(r"\bNone: ", "Without it: ", words).strip()
    return "" if told.rstrip(".") == kind.replace("`", "") else told


def shown(key: str) -> str:
    return key.replace(".#", "[]").replace(".*", ".NAME")


def document() -> str:
    walk = Walk(remarks((bundled.config_folder() / "openclaw.json5").read_text(), ROOT))
    chapters = [_chapter(key, walk.said.get(key, ""), rows) for key, rows in _chapters(walk)]
    return "\n".join([_HEAD, _variables(), _effects(), *chapters]).rstrip() + "\n"


def _chapters(walk: Walk) -> Iterator[tuple[str, Sequence[Row]]]:
    for name, info in Settings.model_fields.items():
        top = info.alias or name
        (step, model), *_ = models_in(info.annotation)
        if top != "channels":
            yield top, list(walk.rows(model, f"{top}{step}"))
            continue
        for channel, part in model.model_fields.items():
            key = f"{top}.{part.alias or channel}"
            for _, each in models_in(part.annotation):
                yield key, list(walk.rows(each, key))
            if not list(models_in(part.annotation)):
                yield key, [Row(key, kind_of(part), default_of(part), counts_of(key), walk.said.get(key, ""))]


def _chapter(key: str, words: str, rows: Sequence[Row]) -> str:
    counts = {row.counts for row in rows}
    one = counts.pop() if len(counts) == 1 else ""
    head = [f"## {key}", "", *([_safe(words), ""] if words else ())]
    if one:
        head += [_ONE[one], ""]
    columns = ["key", "takes", "default", *(() if one else ("counts",)), "what it is"]
    table = [_line(columns), _line(["---"] * len(columns))]
    for row in rows:
        name = f"`{shown(row.key).removeprefix(key).lstrip('.') or key}`"
        cells = [name, row.kind, row.default, *(() if one else (row.counts,)), row.words]
        table.append(_line(cells))
    return "\n".join([*head, *table, ""])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_safe(cell).replace("|", "\\|") for cell in cells) + " |"


def _safe(words: str) -> str:
    return words.replace("<", "&lt;")


def _variables() -> str:
    lines = [
        _line([f"`{variable}`", f"`{dotted(key)}`", when])
        for table, when in ((_OURS, "over the file"), (_PROVIDERS, "where the file does not set it"))
        for variable, key, _ in table
    ]
    head = [_line(["variable", "key", "counts"]), _line(["---"] * 3)]
    return "\n".join([_VARIABLES, *head, *lines, ""])


def _effects() -> str:
    lines = []
    for effect, words in _MEANINGS.items():
        keys = " ".join(f"`{key}`" for each, row in EFFECTS if each == effect for key in row.split())
        lines.append(_line([COUNTS[effect], words, keys]))
    head = [_line(["counts", "when", "keys"]), _line(["---"] * 3)]
    return "\n".join([_LIFE, *head, *lines, ""])


_HEAD = """\
# Every key of the configuration

<!-- Written by scripts/reference from the models; what stands here by hand is lost. -->

The file is `~/.openclaw/openclaw.json`, JSON5: comments and trailing commas are welcome, and every key may be left
out. [`config/openclaw.json5`](../config/openclaw.json5) is the same reference as a file to copy from, with examples.

In the tables `NAME` is a name that you choose, and `[]` an entry of a list. A *secret* is the text itself or, better, a
reference: `env:NAME`, `file:/path`, `op://vault/item/field`, `keychain:service/account`, `exec:provider/id`.

```sh
openclaw config path
openclaw config check
openclaw config get agents.defaults
openclaw config set agents.defaults.timeoutSeconds 600
openclaw config unset agents.defaults.timeoutSeconds
openclaw config diff
```

`config set` keeps your comments; `config diff` tells what differs from the defaults, and what a running assistant does
not hold to yet. A mistake never keeps it from starting: the part that the mistake is in is off, and `config check` says
so. What would be insecure is refused (exit code 78).
"""
_VARIABLES = """\
## Variables

Any key: `OPENCLAW__`, then the path with `__` between its names, in capitals; single `_` and capitals do not matter.
`OPENCLAW__AGENTS__DEFAULTS__MAX_TOKENS=4000` is `agents.defaults.maxTokens`. The value is JSON5, or else plain text;
`null` takes the key away. Variables are also read from `~/.openclaw/.env`; those of the process win.
`OPENCLAW_STATE_DIR`, `OPENCLAW_CONFIG_PATH` and `OPENCLAW_HOME` say where things are, and count in the process alone.
"""
_LIFE = """\
## What counts when

A running assistant looks at its file every second and takes over what it can; a file that cannot be read changes
nothing, and `openclaw status` says so. `openclaw config set` tells for each key which of these it is.
"""


def main() -> None:
    from pathlib import Path

    target = Path(__file__).parents[2] / "docs" / "configuration.md"
    target.write_text(document())
    print(f"wrote {target}")


if __name__ == "__main__":
    main()

"""Brings conversations: a transcript each, then the list that names them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import orjson

from openclaw.migrate.carrying import Carrier
from openclaw.migrate.opening import UnreadableFileError
from openclaw.migrate.original.entries import our_entry
from openclaw.migrate.records import Converted, FoundSession, Home, Json, Told, counted
from openclaw.migrate.transcripts import Progress, convert, transcript

NUMBERS_SHOWN = 8


@dataclass(slots=True)
class Conversations:
    home: Home
    carrier: Carrier
    progress: Progress
    _indexes: dict[str, Mapping[str, Json] | None] = field(default_factory=dict)
    """By agent, as they were found; None for one that cannot be read."""
    _brought: dict[str, list[FoundSession]] = field(default_factory=dict)

    def put(self, found: FoundSession) -> Told:
        line = Told("left", f"conversation {found.key}", found.where.path, _target(found))
        if why := self._refusal(found):
            return replace(line, why=why)
        if self.carrier.taking_over and _is_ours(self.carrier.present(_target(found))):
            self._brought.setdefault(found.agent, []).append(self._as_listed(found))
            return replace(line, outcome="there already")
        try:
            conversation = convert(self.home, found, self.progress)
        except FileNotFoundError:
            return replace(line, target="", why="its transcript is gone")
        except UnreadableFileError as error:
            return replace(line, target="", why=str(error))
        return self._written(found, conversation, line)

    def _written(self, found: FoundSession, conversation: Converted, line: Told) -> Told:
        data, present = transcript(found, conversation), self.carrier.present(_target(found))
        is_known = found.key in (self._index(found.agent) or {}) and not self.carrier.taking_over
        if is_known and present is not None and not _goes_on(present, data):
            return replace(line, outcome="there already")
        # A file that no list names is ours only if a run before was stopped: its header says so.
        over = is_known or (present is not None and _header(present).get("key") == found.key)
        if self.carrier.place(_target(found), data, over=over) == "other":
            return replace(line, why="there is a file of this name already, and it is another one")
        for path, picture in conversation.pictures.items():
            self.carrier.place(path, picture)
        self._brought.setdefault(found.agent, []).append(found)
        grown = ("it had gone on there",) if is_known else ()
        notes = [*grown, *found.notes, *_counts(conversation.adapted), *_losses(conversation)]
        told = "; ".join((counted(len(conversation.entries), "line"), *notes))
        return replace(line, outcome="adapted" if notes else "came over", why=told)

    def _refusal(self, found: FoundSession) -> str:
        """Why nothing is to be done."""
        index = self._index(found.agent)
        if index is None:
            return f"our own {_folder(found.agent)}/sessions.json cannot be read: openclaw doctor"
        known = index.get(found.key)
        is_another = known is not None and _id(known) != found.id
        if is_another and not self.carrier.taking_over:
            return "a conversation of this key has begun here; theirs stays readable where it is"
        return ""

    def _as_listed(self, found: FoundSession) -> FoundSession:
        """Its transcript is ours already, but its entry may still be theirs."""
        present = (self._index(found.agent) or {}).get(found.key)
        return replace(found, entry=our_entry(present)[0]) if present is not None else found

    def _index(self, agent: str) -> Mapping[str, Json] | None:
        if agent not in self._indexes:
            data = self.carrier.present(f"{_folder(agent)}/sessions.json")
            try:
                found = orjson.loads(data) if data is not None else {}
            except orjson.JSONDecodeError:
                found = None
            self._indexes[agent] = found if isinstance(found, dict) else None
        return self._indexes[agent]

    def enlist(self, agent: str) -> None:
        """Names in the agent's list what was brought. Untold: each conversation has been told of."""
        index, brought = self._index(agent), self._brought.get(agent, [])
        if index is None or not brought:
            return
        target = f"{_folder(agent)}/sessions.json"
        gone = {name for name in index if self.carrier.taking_over and _names(index[name], brought)}
        kept = {name: entry for name, entry in index.items() if name not in gone}
        entries = {**kept, **{each.key: {**each.entry, "sessionId": each.id} for each in brought}}
        if entries == index:
            return
        lines = [orjson.dumps(key) + b": " + orjson.dumps(entry) for key, entry in entries.items()]
        self.carrier.place(target, b"{\n" + b",\n".join(lines) + b"\n}\n", over=True)


def _names(entry: object, brought: list[FoundSession]) -> bool:
    return any(each.id == _id(entry) for each in brought)


def _id(entry: object) -> object:
    return entry.get("sessionId") if isinstance(entry, dict) else None


def _goes_on(present: bytes, data: bytes) -> bool:
    """Nothing was said here since, but something there."""
    return len(data) > len(present) and data.startswith(present)


def _target(found: FoundSession) -> str:
    return f"{_folder(found.agent)}/{found.id}.jsonl"


def _folder(agent: str) -> str:
    return f"agents/{agent}/sessions"


def _header(data: bytes) -> Json:
    try:
        header = orjson.loads(data.split(b"\n", 1)[0])
    except orjson.JSONDecodeError:
        return {}
    return header if isinstance(header, dict) else {}


def _is_ours(data: bytes | None) -> bool:
    return data is not None and "key" in _header(data)


def _counts(counts: Mapping[str, int]) -> list[str]:
    return [f"{count:,} {what}" for what, count in sorted(counts.items())]


def _losses(conversation: Converted) -> list[str]:
    found = [f"{each} stayed" for each in _counts(conversation.left)]
    if conversation.damaged:
        numbers = [f"{number} ({why})" for number, why in conversation.damaged[:NUMBERS_SHOWN]]
        more = len(conversation.damaged) - NUMBERS_SHOWN
        rest = f" and {more:,} more" if more > 0 else ""
        found.append(f"damaged and left: line {', line '.join(numbers)}{rest}")
    return found

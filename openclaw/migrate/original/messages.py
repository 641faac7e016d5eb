"""A branch of the original's transcript as entries of ours. Pure; nothing is thrown away uncounted."""

import base64
import binascii
import hashlib
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from openclaw.migrate.original.tree import Node, Tree, active_branch
from openclaw.migrate.records import Converted, Speaker
from openclaw.sessions.transcript import pair_tools
from openclaw.types.clock import parse_iso
from openclaw.types.conversation import (
    AssistantMessage,
    Block,
    Compaction,
    Entry,
    Note,
    Picture,
    Provenance,
    Text,
    Thinking,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
    UserMessage,
)

_SILENT = frozenset({"model_change", "thinking_level_change", "label", "session_info", "custom"})
"""Lines that were never shown to the model."""
_PICTURES = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
_CALL_ID = re.compile(r"[^a-zA-Z0-9_-]")
Message = Mapping[str, Any]


def converted(tree: Tree, speaker: Speaker) -> Converted:
    branch = active_branch(tree)
    work = _Conversion(speaker)
    result = work.result
    result.lines, result.damaged = tree.lines, list(tree.damaged)
    result.started_at = _time(tree.header.get("timestamp")) or 0
    work.collect_answers(branch.nodes)
    for node in branch.nodes:
        work.take(node)
    if work.unanswered:
        result.left["results of no call"] += work.unanswered
    if branch.aside:
        result.left["lines on branches that were given up"] += branch.aside
    if branch.gaps:
        result.adapted["gaps where a line is missing, closed"] += branch.gaps
    result.entries, mended = pair_tools(_distinct(result.entries))
    if mended:
        result.adapted["tool calls without a result, closed"] += mended
    if not result.started_at and result.entries:
        result.started_at = result.entries[0].at
    return result


def _time(value: object) -> int | None:
    try:
        if isinstance(value, str):
            return parse_iso(value)
        if isinstance(value, int | float) and 0 < value < 2**53:
            return int(value)
    except (ValueError, OverflowError):
        return None
    return None


def call_id(name: object) -> str:
    """As every provider takes it."""
    return _CALL_ID.sub("_", str(name))[:64] or "call"


def _distinct(entries: Iterable[Entry]) -> list[Entry]:
    """A name that came twice is told apart: ours are unique in a file."""
    times: Counter[str] = Counter()
    seen: set[str] = set()
    found = []
    for entry in entries:
        name = entry.id
        while name in seen:
            times[entry.id] += 1
            name = f"{entry.id}-{times[entry.id] + 1}"
        seen.add(name)
        found.append(entry if name == entry.id else replace(entry, id=name))
    return found


class _Conversion:
    def __init__(self, speaker: Speaker) -> None:
        self.result = Converted()
        self._speaker = speaker
        self._answers: dict[str, deque[ToolResult]] = defaultdict(deque)
        self._answer_nodes: dict[str, deque[Node]] = defaultdict(deque)
        self._starts: dict[str, int] = {}
        """Line of theirs → the entry of ours that a window beginning there begins with."""
        self._now = 0

    @property
    def unanswered(self) -> int:
        return sum(map(len, self._answers.values()))

    def collect_answers(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            if node.type != "message" or b"toolResult" not in node.line:
                continue
            message = node.read().get("message")
            if isinstance(message, dict) and message.get("role") == "toolResult":
                name = call_id(message.get("toolCallId"))
                try:
                    text, pictures = self._shown(message.get("content"))
                except (KeyError, TypeError, AttributeError):
                    self.result.damaged.append((node.number, "it holds no readable result"))
                    continue
                failed = bool(message.get("isError"))
                self._answers[name].append(ToolResult(name, text, failed, "tool", pictures))
                self._answer_nodes[name].append(node)

    def take(self, node: Node) -> None:
        before = len(self.result.entries)
        data = node.read()
        message = data.get("message")
        spoken = message.get("timestamp") if isinstance(message, dict) else None
        self._now = _time(data.get("timestamp")) or _time(spoken) or self._now
        try:
            self._take(node, data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            del self.result.entries[before:]
            self.result.damaged.append((node.number, f"it cannot be read ({error!r:.60})"))
        self._starts.setdefault(node.id, min(before, len(self.result.entries)))

    def _take(self, node: Node, data: Message) -> None:
        match node.type:
            case "message":
                self._message(node, data["message"])
            case "compaction":
                self._compaction(node, data)
            case "branch_summary":
                self._note(node, _text(data["summary"]))
            case "custom_message":
                text, _ = self._shown(data.get("content"))
                self._note(node, text)
            case "reset":
                # Begun anew under the same name: what was before is no part of the conversation any more.
                self.result.left["lines before a reset"] += len(self.result.entries)
                self.result.entries.clear()
                self._starts = dict.fromkeys(self._starts, 0)
            case kind if kind in _SILENT:
                pass
            case kind:
                self.result.left[f"lines of the kind {kind[:40]!r}"] += 1

    def _message(self, node: Node, message: Message) -> None:
        at = self._now
        match message.get("role"):
            case "user":
                text, pictures = self._shown(message["content"])
                own = (message.get("provenance") or {}).get("kind") in {"inter_session", "internal_system"}
                sender = "session:other" if own else self._speaker.sender
                provenance: Provenance = "tool" if own else self._speaker.provenance
                self.result.entries.append(
                    UserMessage(node.id, at, text, sender, provenance, "", "", pictures)
                )
            case "assistant":
                self._assistant(node, message, at)
            case "toolResult":
                self._starts[node.id] = self._before_results()
            case "bashExecution":
                command, output = _text(message.get("command", "")), _text(message.get("output", ""))
                self._note(node, f"$ {command}\n{output}")
            case "custom" | "hookMessage":
                self._note(node, self._shown(message.get("content"))[0])
            case "branchSummary":
                self._note(node, _text(message.get("summary", "")))
            case "compactionSummary":
                pass  # made anew from the compaction's own line
            case role:
                self.result.left[f"messages of the role {str(role)[:40]!r}"] += 1

    def _before_results(self) -> int:
        """A window never begins between a call and its results."""
        entries = self.result.entries
        place = len(entries)
        while place and isinstance(entries[place - 1], ToolMessage):
            place -= 1
        return max(place - 1, 0) if place < len(entries) else place

    def _assistant(self, node: Node, message: Message, at: int) -> None:
        blocks = tuple(self._blocks(message.get("content")))
        if not blocks:
            self.result.left["answers that failed or were stopped before a word"] += 1
            return
        model = "/".join(str(part) for part in (message.get("provider"), message.get("model")) if part)
        entry = AssistantMessage(node.id, at, blocks, model, _usage(message.get("usage")))
        self.result.entries.append(entry)
        found = [(call.id, self._answers[call.id]) for call in entry.calls]
        results = tuple(waiting.popleft() for _, waiting in found if waiting)
        if results:
            nodes = [self._answer_nodes[result.call_id].popleft() for result in results]
            said = _time(nodes[-1].read().get("timestamp")) or at
            self.result.entries.append(ToolMessage(nodes[0].id, said, results))

    def _blocks(self, content: object) -> Iterable[Block]:
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for block in content if isinstance(content, list) else ():
            match block.get("type"):
                case "text":
                    if block["text"]:
                        yield Text(_text(block["text"]))
                case "thinking":
                    yield from self._thinking(block)
                case "toolCall":
                    arguments = block.get("arguments")
                    known = arguments if isinstance(arguments, dict) else {}
                    yield ToolCall(call_id(block["id"]), _text(block["name"]), known)
                case kind:
                    self.result.left[f"parts of the kind {str(kind)[:40]!r}"] += 1

    def _thinking(self, block: Message) -> Iterable[Block]:
        signature = block.get("thinkingSignature") or block.get("signature")
        if isinstance(signature, str) and signature and not signature.startswith("{"):
            yield Thinking(_text(block.get("thinking", "")), signature)
        else:
            # No provider takes a thought back that it cannot check.
            self.result.left["thoughts without a signature"] += 1

    def _shown(self, content: object) -> tuple[str, tuple[Picture, ...]]:
        if isinstance(content, str):
            return content, ()
        texts: list[str] = []
        pictures: list[Picture] = []
        for block in content if isinstance(content, list) else ():
            if block.get("type") == "text":
                texts.append(_text(block["text"]))
            elif block.get("type") == "image" and (picture := self._picture(block)):
                pictures.append(picture)
            else:
                self.result.left[f"parts of the kind {str(block.get('type'))[:40]!r}"] += 1
        return "\n".join(texts), tuple(pictures)

    def _picture(self, block: Message) -> Picture | None:
        media_type = block.get("mimeType")
        ending = _PICTURES.get(media_type) if isinstance(media_type, str) else None
        try:
            data = base64.b64decode(block.get("data", ""), validate=True)
        except (binascii.Error, TypeError, ValueError):
            return None
        if ending is None or not data:
            return None
        path = f"media/pictures/{hashlib.sha256(data).hexdigest()[:32]}.{ending}"
        self.result.pictures[path] = data
        return Picture(path, str(media_type))

    def _note(self, node: Node, text: str) -> None:
        if text:
            self.result.entries.append(Note(node.id, self._now, text, "session:other"))

    def _compaction(self, node: Node, data: Message) -> None:
        first = data.get("firstKeptEntryId")
        place = self._starts.get(first, len(self.result.entries)) if isinstance(first, str) else None
        entries = self.result.entries
        kept = entries[place].id if place is not None and place < len(entries) else node.id
        before = data.get("tokensBefore")
        tokens = before if isinstance(before, int) else 0
        summary = _text(data["summary"])
        entries.append(Compaction(node.id, self._now, summary, kept, tokens, self._speaker.provenance))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _usage(value: object) -> Usage:
    usage = value if isinstance(value, dict) else {}
    cost = usage.get("cost")
    total = cost.get("total") if isinstance(cost, dict) else cost

    def count(name: str) -> int:
        found = usage.get(name)
        return int(found) if isinstance(found, int | float) and 0 <= found < 2**53 else 0

    spent = float(total) if isinstance(total, int | float) else 0.0
    return Usage(count("input"), count("output"), count("cacheRead"), count("cacheWrite"), spent)

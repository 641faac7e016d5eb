"""Reads a home of the original OpenClaw: what is in it, and what of it will stay there and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from openclaw.migrate.copied_sqlite import copy_database
from openclaw.migrate.opening import Folder, UnreadableFileError
from openclaw.migrate.original import config as configs
from openclaw.migrate.original.credentials import (
    CHANNELS,
    TARGET,
    allow_list,
    list_file,
    merged_profiles,
    our_profiles,
)
from openclaw.migrate.original.databases import (
    AGENT_DATABASE,
    SHARED_DATABASE,
    AgentBook,
    SharedBook,
    read_agent,
    read_shared,
)
from openclaw.migrate.original.entries import AGENT, SESSION_ID, our_entry, our_key, speaker_of
from openclaw.migrate.original.leftovers import report_leftovers
from openclaw.migrate.records import (
    Findings,
    FoundConfig,
    FoundFolder,
    FoundJob,
    FoundSession,
    Home,
    Json,
    TranscriptFile,
    TranscriptRows,
    Where,
    counted,
)
from openclaw.settings.environment import with_file
from openclaw.settings.file import MAX_BYTES, UnreadableError, config_text

KEPT_THERE = "what it holds stays readable there"
CONFIGS = ("openclaw.json", "clawdbot.json", "moltbot.json")


@dataclass(slots=True)
class OriginalReader:
    home: Home
    state: Path
    """Ours."""
    copies: Path
    """A folder for copies of their databases."""
    findings: Findings = field(init=False)
    _folder: Folder = field(init=False)
    _owners: frozenset[str] = frozenset()
    _alone: bool = True
    _documents: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.findings = Findings(self.home)
        self._folder = Folder(self.home.root)

    def read(self) -> Findings:
        tree = self._config()
        self._owners, self._alone = configs.owners(tree)
        shared = self._shared_book()
        self._lists(shared)
        names = [name for name, _ in configs.roster(tree)]
        self.findings.agents = tuple(names)
        if self.findings.lists and not self._owners:
            why = (
                "nobody is named as such: whoever was paired is a member here. Name yourself: "
                """openclaw config set commands.ownerAllowFrom '["telegram:YOUR_ID"]'"""
            )
            self.findings.leave("owner", self.findings.config.source if self.findings.config else "", why)
        self._workspaces(tree)
        if shared.profiles:
            self._documents.append(shared.profiles)
        self._agents(names)
        self._profiles()
        self._jobs(shared)
        self._environment()
        report_leftovers(self._folder, self.findings)
        return self.findings

    # -- config -----------------------------------------------------------------------------------------------

    def _config(self) -> Json:
        for name in CONFIGS:
            try:
                data = self._folder.find(name, MAX_BYTES)
                if data is None:
                    continue
                text = config_text(data, self.home.root / name)
            except (UnreadableFileError, UnreadableError) as error:
                self.findings.leave("config", name, f"{error}; ours begins with its own")
                continue
            for problem in text.problems:
                self.findings.leave(f"config {problem.key}", name, problem.text)
            includes = b"$include" in data
            found = configs.adapted(data.decode("utf-8-sig"), text.tree, self.state, has_includes=includes)
            environ = with_file({}, self.home.root / ".env") if self._folder.is_file(".env") else {}
            told = tuple(replace(each, source=name) for each in found.told)
            self.findings.config = FoundConfig(name, found.text, environ, told)
            self.findings.secrets += found.secrets
            return text.tree
        return {}

    def _environment(self) -> None:
        try:
            data = self._folder.find(".env")
        except UnreadableFileError as error:
            self.findings.leave("variables", ".env", str(error))
            return
        if data is not None:
            self.findings.environment = data.decode(errors="replace")

    # -- people and keys --------------------------------------------------------------------------------------

    def _shared_book(self) -> SharedBook:
        try:
            copy = copy_database(self._folder, SHARED_DATABASE, self.copies / "shared.sqlite")
            book = read_shared(copy)
        except FileNotFoundError:
            return SharedBook()
        except UnreadableFileError as error:
            self.findings.leave("the database of all agents", SHARED_DATABASE, str(error))
            return SharedBook()
        for table in book.strangers:
            self.findings.leave(f"table {table}", SHARED_DATABASE, "nothing here reads it")
        return book

    def _lists(self, shared: SharedBook) -> None:
        found = [
            allow_list(SHARED_DATABASE, place, entries) for place, entries in sorted(shared.allowed.items())
        ]
        for name in self._folder.names("credentials"):
            place = list_file(name)
            if place is None:
                continue
            document = self._json(f"credentials/{name}", "list of those who are let in")
            if document is not None:
                found.append(allow_list(f"credentials/{name}", place, document.get("allowFrom")))
        for each in found:
            if each.ids:
                self._alone = False
            if each.channel in CHANNELS and AGENT.fullmatch(each.account.lower()):
                self.findings.lists.append(each)
            else:
                self.findings.leave(
                    f"who is let in on {each.channel}", each.source, "there is no such channel here"
                )

    def _profiles(self) -> None:
        document = merged_profiles(self._documents)
        if document is None:
            return
        source = self.findings.profiles_source or SHARED_DATABASE
        own = TARGET.format(agent=self.findings.agents[0])
        if self.home.root.resolve() == self.state.resolve() and self._folder.is_file(own):
            # They are read where they lie; only what cannot be used here is told.
            _, _, told = our_profiles(document, self.state, source, own)
            self.findings.told += [each for each in told if each.outcome == "left"]
            return
        ours, secrets, told = our_profiles(document, self.state, source, own)
        self.findings.profiles = ours if ours["profiles"] else None
        self.findings.secrets += secrets
        self.findings.told += [each for each in told if each.outcome == "left"]
        self.findings.profiles_told = tuple(each for each in told if each.outcome != "left")

    # -- agents -----------------------------------------------------------------------------------------------

    def _workspaces(self, tree: Json) -> None:
        for each in configs.workspaces(tree):
            own = self.home.root / each.target
            source = _path(each.path, self.home.root) if each.path else own
            shown = each.path or each.target
            if source.is_dir():
                what = f"workspace of {each.agent}"
                self.findings.folders.append(FoundFolder(what, source, shown, each.target))
            elif each.path:
                self.findings.leave(f"workspace of {each.agent}", shown, "there is no such folder")
        if self._folder.is_folder("skills"):
            source = self.home.root / "skills"
            self.findings.folders.append(FoundFolder("skills of all agents", source, "skills", "skills"))

    def _agents(self, listed: list[str]) -> None:
        there = self._folder.names("agents")
        for agent in [*[name for name in listed if name in there], *[n for n in there if n not in listed]]:
            if not AGENT.fullmatch(agent) or not self._folder.is_folder(f"agents/{agent}"):
                self.findings.leave(
                    "agent", f"agents/{agent}", "its name is none that an agent can have here"
                )
                continue
            if agent not in listed:
                self.findings.agents = (*self.findings.agents, agent)
            self._agent(agent)

    def _agent(self, agent: str) -> None:
        book, copy = self._agent_book(agent)
        document = self._json(f"agents/{agent}/agent/auth-profiles.json", "keys")
        for each in (document, book.profiles):
            if each:
                self.findings.profiles_source = (
                    self.findings.profiles_source or f"agents/{agent}/agent/auth-profiles.json"
                    if each is document
                    else f"agents/{agent}/{AGENT_DATABASE}"
                )
                self._documents.append(each)
        rows = self._json(f"agents/{agent}/sessions/sessions.json", "list of conversations") or {}
        for key, entry in rows.items():
            if key not in book.entries:
                self._session(agent, key, entry, None)
        for key, entry in book.entries.items():
            if entry["sessionId"] in book.archived:
                why = "its lines lie packed in an archive: open it there once, then run this again"
                self.findings.leave(f"conversation {key}", f"agents/{agent}/{AGENT_DATABASE}", why)
            else:
                self._session(agent, key, entry, copy)
        self._orphans(agent)

    def _agent_book(self, agent: str) -> tuple[AgentBook, Path | None]:
        name = f"agents/{agent}/{AGENT_DATABASE}"
        try:
            copy = copy_database(self._folder, name, self.copies / f"{agent}.sqlite")
            book = read_agent(copy)
        except FileNotFoundError:
            return AgentBook(), None
        except UnreadableFileError as error:
            self.findings.leave(f"database of {agent}", name, str(error))
            return AgentBook(), None
        for key in book.unreadable:
            self.findings.leave(f"conversation {key}", name, "its entry cannot be read")
        if book.ended:
            self.findings.leave(counted(book.ended, "ended conversation"), name, KEPT_THERE)
        for table in book.strangers:
            self.findings.leave(f"table {table}", name, "nothing here reads it")
        return book, copy

    def _session(self, agent: str, key: str, raw: object, copy: Path | None) -> None:
        what = f"conversation {key}"
        source = f"agents/{agent}/{AGENT_DATABASE}" if copy else f"agents/{agent}/sessions/sessions.json"
        if not isinstance(raw, dict):
            self.findings.leave(what, source, "its entry is no object")
            return
        name = raw.get("sessionId")
        if not isinstance(name, str) or not SESSION_ID.fullmatch(name) or ".." in name:
            self.findings.leave(what, source, "its id is no name that a file may have")
            return
        where = TranscriptRows(source, copy, name) if copy else self._file(agent, name, raw)
        if where is None:
            self.findings.leave(what, source, f"its transcript {name}.jsonl is not there")
            return
        ours = our_key(key, agent)
        if any(each.key == ours for each in self.findings.sessions):
            self.findings.leave(what, source, f"another conversation is {ours} already")
            return
        entry, notes = our_entry(raw)
        speaker = speaker_of(ours, entry, self._owners, alone=self._alone)
        renamed = () if ours == key else (f"there it was {key}",)
        found = FoundSession(agent, ours, name, entry, where, speaker, (*renamed, *notes))
        self.findings.sessions.append(found)

    def _file(self, agent: str, name: str, raw: Mapping[str, Any]) -> Where | None:
        folder = f"agents/{agent}/sessions"
        stated = raw.get("sessionFile")
        # Only its name: the folder may have been moved since it was written down.
        own = stated.rpartition("/")[2] if isinstance(stated, str) else ""
        for file in (own, f"{name}.jsonl"):
            if file.endswith(".jsonl") and self._folder.is_file(f"{folder}/{file}"):
                return TranscriptFile(f"{folder}/{file}")
        topics = [
            each
            for each in self._folder.names(folder)
            if each.startswith(f"{name}-topic-") and each.endswith(".jsonl")
        ]
        return TranscriptFile(f"{folder}/{topics[0]}") if topics else None

    def _orphans(self, agent: str) -> None:
        folder = f"agents/{agent}/sessions"
        used = {each.where.path for each in self.findings.sessions}
        others = [name for name in self._folder.names(folder) if f"{folder}/{name}" not in used]
        ended = [name for name in others if ".jsonl.reset." in name or ".jsonl.deleted." in name]
        loose = [name for name in others if name.endswith(".jsonl")]
        for what, names in (("ended conversation", ended), ("unlisted transcript", loose)):
            if names:
                told = counted(len(names), what)
                self.findings.leave(told, folder, KEPT_THERE)

    # -- jobs -------------------------------------------------------------------------------------------------

    def _jobs(self, shared: SharedBook) -> None:
        document = self._json("cron/jobs.json", "jobs")
        listed = document.get("jobs") if document else None
        found = [("cron/jobs.json", job) for job in (listed if isinstance(listed, list) else [])]
        known = {str(job.get("id")) for _, job in found if isinstance(job, dict)}
        found += [(SHARED_DATABASE, job) for job in shared.jobs if str(job["id"]) not in known]
        for source, job in found:
            if not isinstance(job, dict):
                self.findings.leave("job", source, "it is no object")
            elif _kind(job) == "heartbeat":
                self.findings.leave(
                    f"job {job.get('name')}", source, "heartbeats are set in agents.defaults.heartbeat here"
                )
            else:
                self.findings.jobs.append(FoundJob(source, job))

    def _json(self, name: str, what: str) -> Json | None:
        try:
            data = self._folder.find(name)
            if data is None:
                return None
            document = orjson.loads(data)
            if not isinstance(document, dict):
                raise UnreadableFileError("it is no object")
        except (UnreadableFileError, orjson.JSONDecodeError) as error:
            why = str(error) if isinstance(error, UnreadableFileError) else "it is no JSON"
            self.findings.leave(what, name, why)
            return None
        return document


def _kind(job: Mapping[str, Any]) -> object:
    payload = job.get("payload")
    return payload.get("kind") if isinstance(payload, dict) else None


def _path(text: str, root: Path) -> Path:
    """`~` is the home that their directory lies in, if it lies in one."""
    if text.startswith("~/"):
        return Path.home() / text[2:] if not (root.parent / text[2:]).exists() else root.parent / text[2:]
    return Path(text)

"""Does one step after the other and tells of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

import orjson

from openclaw import bundled
from openclaw.gateway.jobs.moments import named_zone
from openclaw.migrate.carrying import Carrier
from openclaw.migrate.conversations import Conversations
from openclaw.migrate.jobs import JobPlace, put_jobs
from openclaw.migrate.opening import MOST_BYTES, Folder, UnreadableFileError
from openclaw.migrate.original.config import SECRETS
from openclaw.migrate.own_config import OwnConfig
from openclaw.migrate.planning import (
    PutConfig,
    PutFile,
    PutFolder,
    PutIndex,
    PutJobs,
    PutList,
    PutProfiles,
    PutSecrets,
    PutSession,
    Step,
    planned,
)
from openclaw.migrate.records import (
    Findings,
    FoundJob,
    FoundList,
    FoundSecret,
    MigrationError,
    Outcome,
    Told,
    counted,
)
from openclaw.migrate.transcripts import Progress
from openclaw.settings.paths import Paths
from openclaw.types.clock import Clock


@dataclass(slots=True)
class Performer:
    findings: Findings
    paths: Paths
    carrier: Carrier
    environ: Mapping[str, str]
    clock: Clock
    progress: Progress
    _conversations: Conversations = field(init=False)
    _config: OwnConfig = field(init=False)

    def __post_init__(self) -> None:
        self._conversations = Conversations(self.findings.home, self.carrier, self.progress)
        self._config = OwnConfig(self.paths, self.findings, self.carrier, self.environ)

    def run(self) -> Iterator[Told]:
        """Each line when its step is done. Raises OSError when our own disk takes nothing more."""
        self.carrier.begin()
        try:
            for step in planned(self.findings):
                yield from self._perform(step)
        finally:
            self.carrier.end()
        yield from self.findings.told

    def _perform(self, step: Step) -> Iterator[Told]:
        match step:
            case PutSecrets(secrets):
                yield from self._secrets(secrets)
            case PutFile():
                yield from self._file(step)
            case PutProfiles():
                yield from self._profiles(step)
            case PutFolder():
                yield from self._folder(step)
            case PutSession(session):
                yield self._conversations.put(session)
            case PutIndex(agent):
                self._conversations.enlist(agent)
            case PutJobs(jobs, agents):
                yield from self._jobs(jobs, agents)
            case PutList(found, target):
                yield from self._list(found, target)
            case PutConfig(config):
                yield from self._config.put(config)

    def _secrets(self, secrets: Sequence[FoundSecret]) -> Iterator[Told]:
        """Raises MigrationError, before anything refers to what is not there."""
        try:
            ours = orjson.loads(self.carrier.present(SECRETS) or b"{}")
        except orjson.JSONDecodeError:
            ours = None
        if not isinstance(ours, dict):
            raise MigrationError(
                f"{self.carrier.state / SECRETS} holds no names and texts: mend it, then run this again"
            )
        theirs = {secret.name: secret.value for secret in secrets}
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        self.carrier.place(SECRETS, orjson.dumps({**theirs, **ours}, option=options), over=True)
        for name in sorted(theirs):
            if ours.get(name, theirs[name]) != theirs[name]:
                yield Told("left", f"secret {name}", "", SECRETS, "ours holds another one and is kept")

    def _file(self, step: PutFile) -> Iterator[Told]:
        what, source, target = step.what, step.source, step.target
        match self.carrier.place(target, step.data):
            case "other":
                yield Told("left", what, source, target, "ours holds something else there and is kept")
            case "same":
                yield Told("there already", what, source, target)
            case "written":
                yield Told("came over", what, source, target)

    def _profiles(self, step: PutProfiles) -> Iterator[Told]:
        document, target, source = step.document, step.target, step.source
        data = self.carrier.present(target)
        try:
            ours = orjson.loads(data) if data is not None else {}
        except orjson.JSONDecodeError:
            yield Told("left", "keys", source, target, "our own file cannot be read: openclaw doctor")
            return
        known = ours.get("profiles") or {}
        if document["profiles"].keys() <= known.keys():
            yield Told("there already", "keys", source, target)
            return
        whole = {**document, **ours, "profiles": {**document["profiles"], **known}}
        written = orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        self.carrier.place(target, written, over=True)
        yield from step.told

    def _folder(self, step: PutFolder) -> Iterator[Told]:
        found, counts = step.folder, {"written": 0, "same": 0, "other": 0}
        source = Folder(found.source)
        others: list[Told] = []
        for seen in source.walk(MOST_BYTES):
            top = seen.name.partition("/")[0]
            if top in found.without or (found.only is not None and seen.name not in found.only):
                continue
            target = f"{found.target}/{found.renamed.get(seen.name, seen.name)}"
            shown = f"{found.shown}/{seen.name}".lstrip("/")
            try:
                data = None if seen.refused else source.read(seen.name)
            except (UnreadableFileError, OSError) as error:
                others.append(Told("left", "file", shown, "", str(error)))
                continue
            if data is None:
                others.append(Told("left", "file", shown, "", seen.refused))
                continue
            over = self._is_untouched(target)
            placed = self.carrier.place(target, data, executable=seen.executable, over=over)
            counts[placed] += 1
            if placed == "other":
                others.append(Told("left", "file", shown, target, "ours is another one and is kept"))
        if counts["written"] or counts["same"]:
            outcome: Outcome = "came over" if counts["written"] else "there already"
            yield Told(outcome, found.what, found.shown, found.target, counted(sum(counts.values()), "file"))
        yield from others

    def _is_untouched(self, target: str) -> bool:
        """A file of the starter workspace in which the owner has not written a word."""
        folder, _, name = target.rpartition("/")
        if not folder.startswith("workspace") or "/" in folder:
            return False
        starter = bundled.workspace_folder() / name
        return starter.is_file() and self.carrier.present(target) == starter.read_bytes()

    def _jobs(self, jobs: Sequence[FoundJob], agents: Sequence[str]) -> list[Told]:
        loaded = self._config.loaded()
        zone_name = loaded.settings.agents.defaults.user_timezone if loaded else None
        local = _local_zone(self.clock)
        try:
            zone = named_zone(zone_name, local) if zone_name else local
        except ValueError:
            zone = local
        return put_jobs(jobs, JobPlace(agents, self.clock.now_ms(), zone), self.carrier)

    def _list(self, found: FoundList, target: str) -> Iterator[Told]:
        what = f"who is let in on {found.channel}"
        data = orjson.dumps(
            {"version": 1, "allowFrom": list(found.ids)},
            option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
        )
        present = self.carrier.present(target)
        missing = sorted(set(found.ids) - _allowed(present)) if present is not None else []
        if present is None:
            self.carrier.place(target, data)
            yield Told("came over", what, found.source, target, counted(len(found.ids), "person", "people"))
        elif missing:
            # Who was let out again here must not come back by a second run.
            why = f"our list is kept; to let them in, add them to channels.{found.channel}.allowFrom: "
            yield Told("left", what, found.source, target, why + ", ".join(missing))
        else:
            yield Told("there already", what, found.source, target)


def _allowed(data: bytes) -> set[str]:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        return set()
    ids = document.get("allowFrom") if isinstance(document, dict) else None
    return {str(each) for each in ids} if isinstance(ids, list) else set()


def _local_zone(clock: Clock) -> tzinfo:
    zone = datetime.fromtimestamp(clock.now_ms() / 1000).astimezone().tzinfo
    assert zone is not None
    return zone

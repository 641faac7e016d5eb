"""Our own config file: replaced while it is the one of the first start, and kept once the owner has written in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openclaw.files import write_atomically
from openclaw.migrate.carrying import Carrier
from openclaw.migrate.records import Findings, FoundConfig, Told
from openclaw.settings.file import UnreadableError
from openclaw.settings.loading import Loaded, tried
from openclaw.settings.paths import Paths
from openclaw.settings.starter import STARTER

SCOPE = """\
{
  // Each chat goes on with its own conversation, as in the assistant that they came from.
  session: { dmScope: "per-channel-peer" },
}
"""
_STARTER = re.compile(re.escape(STARTER).replace(re.escape("%(token)s"), "[0-9a-f]+"))


def is_starter(data: bytes) -> bool:
    return _STARTER.fullmatch(data.decode(errors="replace")) is not None


@dataclass(frozen=True, slots=True)
class OwnConfig:
    paths: Paths
    findings: Findings
    carrier: Carrier
    environ: Mapping[str, str]

    def loaded(self) -> Loaded | None:
        """As the daemon reads what is there, or will be."""
        found, present = self.findings.config, self._present()
        if found is not None and self._may_replace(present):
            return self._tried({**found.environ, **self.environ}, found.text.encode())
        return self._tried(self.environ, present) if present is not None else None

    def _tried(self, environ: Mapping[str, str], data: bytes) -> Loaded | None:
        try:
            return tried(environ, self.paths, data)
        except UnreadableError:
            return None

    def _present(self) -> bytes | None:
        try:
            return self.paths.config.read_bytes()
        except FileNotFoundError:
            return None

    def _may_replace(self, present: bytes | None) -> bool:
        return present is None or is_starter(present) or self.carrier.taking_over

    def put(self, found: FoundConfig | None) -> Iterator[Told]:
        if found is None:
            yield from self._put_scope()
            return
        present, data = self._present(), found.text.encode()
        target = self.paths.config.name
        if present != data and not self._may_replace(present):
            why = "ours is kept; what theirs says more can be set with openclaw config set"
            yield Told("left", "config", found.source, target, why)
            return
        if present == data:
            yield Told("there already", "config", found.source, target)
            return
        loaded = self.loaded()
        self._place(data)
        yield Told("adapted" if found.notes else "came over", "config", found.source, target)
        yield from found.notes
        for problem in loaded.problems if loaded else ():
            yield Told("left", f"config {problem.key}", found.source, "", f"{problem.text}. {problem.mend}")

    def _place(self, data: bytes) -> None:
        if self.paths.config.parent == self.paths.state:
            self.carrier.place(self.paths.config.name, data, over=True)
        elif self.carrier.writing:
            write_atomically(self.paths.config, data)

    def _put_scope(self) -> Iterator[Told]:
        present = self._present()
        target, what = self.paths.config.name, "config session.dmScope"
        if self._may_replace(present):
            self._place(SCOPE.encode())
            yield Told(
                "adapted", what, "", target, "each chat has a conversation of its own, as it had there"
            )
        elif present == SCOPE.encode():
            yield Told("there already", what, "", target)
        elif (loaded := self.loaded()) and loaded.settings.session.dm_scope == "main":
            why = "to go on with them, run: openclaw config set session.dmScope per-channel-peer"
            yield Told("left", what, "", target, why)

"""How the config of a running daemon stands to its file."""

from dataclasses import dataclass

from openclaw.settings.problems import Key, dotted


@dataclass(slots=True)
class Condition:
    waiting: tuple[Key, ...] = ()
    """Changed in the file; they count after a restart."""
    fault: str = ""
    """Why the file is not taken over."""

    def names(self) -> list[str]:
        return [dotted(key) for key in self.waiting]

    def words(self) -> list[str]:
        """For whoever asks what keeps the house from being as its file says."""
        told = [f"the config file is not taken over: {self.fault}"] if self.fault else []
        if self.waiting:
            names = ", ".join(self.names()[:6])
            told.append(f"{names} {'waits' if len(self.waiting) == 1 else 'wait'} for a restart")
        return told

    def shown(self) -> dict[str, object]:
        return {"restartRequired": self.names(), "fault": self.fault}

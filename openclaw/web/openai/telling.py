"""What a streamed answer adds, piece by piece: what was told can never be taken back. Pure but for its memory."""

from dataclasses import dataclass

from openclaw.bus import Gap
from openclaw.gateway.notices import ANEW, SILENT
from openclaw.types.events import Event, ReplyWithdrawn, TextDelta, ToolStarted

ASIDE = f"\n\n{ANEW}\n\n"


@dataclass(slots=True)
class Telling:
    """Of one run."""

    _text: str = ""
    """The present reply, as far as it is known."""
    _told: str = ""
    """What was told of it."""
    _behind_words: bool = False
    """Another reply was told before this one."""
    _lost: bool = False
    """Some of it was missed: only its end is told."""

    def tell(self, event: Event | Gap) -> str:
        """What is to be sent now; often nothing."""
        match event:
            case TextDelta():
                self._text += event.seen
                return self._more()
            case ReplyWithdrawn():
                self._text = ""
            case ToolStarted():
                self._behind_words = self._behind_words or bool(self._told)
                self._text = self._told = ""
            case Gap():
                self._lost = True
            case _:
                pass
        return ""

    def finish(self, final: str) -> str:
        """What is still missing of the one final text."""
        if not self._told or final.startswith(self._told):
            more = final[len(self._told) :]
            return self._apart(more)
        # The same words, with the links as they may stand, are not said twice.
        goes_on = self._text == self._told and not self._lost
        return "" if goes_on or not final else ASIDE + final

    def _more(self) -> str:
        text, told = self._text, self._told
        if self._lost or told.startswith(text) or SILENT.startswith(text.strip()):
            return ""
        self._told = text
        return self._apart(text[len(told) :]) if text.startswith(told) else ASIDE + text

    def _apart(self, piece: str) -> str:
        """A reply after a tool's work begins a paragraph."""
        if not piece or not self._behind_words:
            return piece
        self._behind_words = False
        return f"\n\n{piece}"

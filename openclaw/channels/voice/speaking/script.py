"""A move of the call as TwiML. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from openclaw.channels.voice.speaking import twiml
from openclaw.channels.voice.speaking.twiml import Verb
from openclaw.channels.voice.steps import Step, StepName
from openclaw.channels.voice.talk import RECORDED, Move
from openclaw.types.channel import WebhookResponse

HOUSE_LANGUAGE = "en-US"
"""Of the house's own lines: a voice of another language would garble them."""


@dataclass(frozen=True, slots=True)
class Voice:
    language: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """What a script needs to know besides the move."""

    voice: Voice
    forward_to: str | None
    url: Callable[[Step], str]
    """The public address of a step of this call."""


def script(move: Move, stage: Stage) -> bytes:
    says = tuple(_says(move, stage.voice))
    match move.then:
        case "listen":
            return twiml.document([twiml.gather(_next("heard", move, stage), stage.voice.language, says)])
        case "hold":
            pause = () if says else (twiml.pause(1),)
            return twiml.document([*says, *pause, twiml.redirect(_next("wait", move, stage))])
        case "forward" if stage.forward_to is not None:
            ours = move.call.ours or None
            dial = twiml.dial(stage.forward_to, _next("forwarded", move, stage), ours)
            return twiml.document([*says, dial])
        case "forward" | "hang_up":
            return twiml.document([*says, twiml.hang_up()])


def announcement(message: str, voice: Voice, onward: str | None, *, recorded: bool = False) -> bytes:
    """The first words of a call of ours. Without an address to go on at, they are also the last."""
    end = twiml.redirect(onward) if onward is not None else twiml.hang_up()
    told = [_own(RECORDED, voice)] if recorded else []
    return twiml.document([*told, twiml.say(message, voice.language, voice.name), end])


def farewell(line: str) -> bytes:
    return twiml.document([twiml.say(line, HOUSE_LANGUAGE), twiml.hang_up()])


def response(document: bytes) -> WebhookResponse:
    return WebhookResponse(200, document, "text/xml; charset=utf-8")


def _says(move: Move, voice: Voice) -> Sequence[Verb]:
    words = [twiml.say(move.words, voice.language, voice.name)] if move.words else []
    return [*words, _own(move.line, voice)] if move.line else words


def _own(line: str, voice: Voice) -> Verb:
    own = voice if voice.language.lower().startswith("en") else Voice(HOUSE_LANGUAGE)
    return twiml.say(line, own.language, own.name)


def _next(name: StepName, move: Move, stage: Stage) -> str:
    """`move.call.turn` is that of the address which this move gives out."""
    return stage.url(Step(name, move.call.turn, move.call.began_at))

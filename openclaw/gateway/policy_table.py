"""Which calls may run, which the owner is asked about, and which never run: the table, and how a call finds its row.

Pure. Nothing here looks at what a model says of its intentions: only at the act, and at whose words it has read.
"""

import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from openclaw.agent.taint import FOREIGN, ordered
from openclaw.agent.tools.base import Act, Kind, Scene
from openclaw.types.conversation import AssistantMessage, Entry, Provenance, ToolMessage, UserMessage
from openclaw.types.messages import Address

Word = Literal["allow", "ask", "deny"]
"""Whoever is to be asked, it is the owner; never the sender, never where the foreign words came from."""


class Matter(StrEnum):
    """What an act comes to, where its kind alone does not say it."""

    INSIDE = "it stays inside"
    SEARCH = "it sends words of its own making to a search engine"
    OWN_WORDS = "it searches for the owner's own words"
    FETCH = "it asks a server for an address of its own making"
    KNOWN_URL = "the owner or a search named this very address"
    MEMORY = "it writes what I remember as your words"
    INSTRUCTIONS = "it changes what I read as your instructions"
    SEND_HERE = "it answers where it was asked"
    FILE_HERE = "it sends a file of mine where it was asked"
    SEND_OWNER = "it writes to you"
    SEND_LISTED = "it writes to somebody on your list"
    SEND_OTHER = "it writes to somebody else"
    SCHEDULE = "it makes me act later"
    FOREIGN = "it runs code of others"
    PROGRAM = "it runs a program, and you want to be asked before each"
    OUTSIDE = "it runs a program on the machine itself, outside the sandbox"
    OUTSIDE_UNASKED = "it runs a program on the machine itself, as the file allows"
    ADMINISTER = "it changes how I am set up"


@dataclass(frozen=True, slots=True)
class Row:
    clean: Word
    """In a turn of the owner's, while only his words and the workspace's have been read."""
    tainted: Word
    """In a turn of the owner's, once words of others are in the conversation."""
    others: Word
    """In a turn that somebody else began."""


TABLE: Mapping[Matter, Row] = {
    Matter.INSIDE: Row("allow", "allow", "allow"),
    Matter.SEARCH: Row("allow", "ask", "ask"),
    Matter.OWN_WORDS: Row("allow", "allow", "allow"),
    Matter.FETCH: Row("allow", "ask", "ask"),
    Matter.KNOWN_URL: Row("allow", "allow", "allow"),
    Matter.MEMORY: Row("allow", "ask", "ask"),
    Matter.INSTRUCTIONS: Row("ask", "ask", "ask"),
    Matter.SEND_HERE: Row("allow", "allow", "allow"),
    # The owner alone with the assistant may have any file; in a group, or asked by others, it may not be theirs to see.
    Matter.FILE_HERE: Row("allow", "ask", "ask"),
    Matter.SEND_OWNER: Row("allow", "ask", "ask"),
    Matter.SEND_LISTED: Row("allow", "ask", "deny"),
    Matter.SEND_OTHER: Row("ask", "ask", "deny"),
    Matter.SCHEDULE: Row("allow", "ask", "ask"),
    Matter.FOREIGN: Row("allow", "ask", "ask"),
    Matter.PROGRAM: Row("ask", "ask", "ask"),
    Matter.OUTSIDE: Row("ask", "ask", "deny"),
    Matter.OUTSIDE_UNASKED: Row("allow", "ask", "deny"),
    Matter.ADMINISTER: Row("ask", "deny", "deny"),
}

LEAVING = frozenset(
    {
        Kind.CONSULT,
        Kind.SEARCH,
        Kind.FETCH,
        Kind.SEND,
        Kind.SEND_FILE,
        Kind.FOREIGN,
        Kind.EXECUTE_OUTSIDE,
    }
)
"""Kinds whose words may be read beyond this machine: no known secret goes along."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner's file says about it."""

    owners: frozenset[str] = frozenset()
    """`<channel>:<id>` of everyone who has the owner's authority."""
    recipients: frozenset[str] = frozenset()
    """`tools.message.allowRecipients`, as `<channel>:<chat>`."""
    exec_unasked: bool = False
    """The file itself says `tools.exec.ask: "off"` and `security: "full"`."""
    exec_asked: bool = False
    """It says `tools.exec.ask: "always"`."""


@dataclass(frozen=True, slots=True)
class Allow:
    matter: Matter


@dataclass(frozen=True, slots=True)
class Ask:
    matter: Matter
    why: str


@dataclass(frozen=True, slots=True)
class Deny:
    matter: Matter
    why: str


Verdict = Allow | Ask | Deny


def judge(act: Act, scene: Scene, rules: Rules) -> Verdict:
    found, foreign = matter(act, scene, rules), scene.provenances & FOREIGN
    row = TABLE[found]
    if scene.role != "owner":
        word, because = row.others, f"a {scene.role} asked for it, not the owner"
    elif foreign:
        word, because = row.tainted, f"the conversation holds {whose(foreign)}"
    else:
        word, because = row.clean, ""
    why = f"{found.value}; {because}" if because else found.value
    match word:
        case "allow":
            return Allow(found)
        case "ask":
            return Ask(found, why)
        case "deny":
            return Deny(found, why)


_WHOSE: Mapping[Provenance, str] = {
    "skill": "a skill's code",
    "member": "somebody you let in",
    "hook": "a program",
    "web": "the web",
    "stranger": "a stranger",
}


def whose(foreign: Iterable[Provenance]) -> str:
    """`words of the web and a stranger`."""
    names = [_WHOSE.get(each, each) for each in ordered(foreign)]
    return f"words of {' and '.join(filter(None, (', '.join(names[:-1]), names[-1])))}"


def matter(act: Act, scene: Scene, rules: Rules) -> Matter:
    match act.kind:
        case Kind.READ | Kind.CONSULT | Kind.WRITE | Kind.DELEGATE:
            return Matter.INSIDE
        case Kind.EXECUTE | Kind.EXECUTE_OUTSIDE:
            return _program(act.kind, scene, rules)
        case Kind.SEARCH:
            said = [*_owner_says(scene)]
            return Matter.OWN_WORDS if in_words_of(act.payload or act.target, said) else Matter.SEARCH
        case Kind.FETCH:
            return Matter.KNOWN_URL if act.target in _known_urls(scene) else Matter.FETCH
        case Kind.INSTRUCT:
            return Matter.MEMORY if is_memory(act.target) else Matter.INSTRUCTIONS
        case Kind.SEND | Kind.SEND_FILE:
            return _sending(act, scene, rules)
        case Kind.SCHEDULE:
            return Matter.SCHEDULE
        case Kind.FOREIGN:
            return Matter.FOREIGN
        case Kind.ADMINISTER:
            return Matter.ADMINISTER


def _program(kind: Kind, scene: Scene, rules: Rules) -> Matter:
    asked = rules.exec_asked or scene.settings.get("execAsk") == "always"
    if kind is Kind.EXECUTE:
        return Matter.PROGRAM if asked else Matter.INSIDE
    return Matter.OUTSIDE_UNASKED if rules.exec_unasked and not asked else Matter.OUTSIDE


# -- the owner's own words --------------------------------------------------------------------------------

SHORT_WORDS = 3
"""Words of one or two letters that need not be the owner's: `in`, `of`. More of them could spell something out."""
_WORD = re.compile(r"\w+")
_BETWEEN = re.compile(r"""[ \n!"'()+,./:;?&-]{0,3}""")
"""What may stand between two words: anything rarer could carry a message of its own."""


def in_words_of(query: str, said: Sequence[str]) -> bool:
    """Whether a query says nothing but what the owner has said: each of its words, none of them twice."""
    words = _WORD.findall(query.casefold())
    if not words or any(not _BETWEEN.fullmatch(gap) for gap in _WORD.split(query)):
        return False
    if max(Counter(words).values()) > 1:
        return False
    text = " ".join(said).casefold()
    known = frozenset(_WORD.findall(text))
    unknown = [word for word in words if word not in known and not (_is_unspaced(word) and word in text)]
    return len(unknown) <= SHORT_WORDS and all(
        len(word) < 3 and word.isalpha() and word.islower() for word in unknown
    )


def _is_unspaced(word: str) -> bool:
    """Chinese, Thai and others leave no room between words, and have no small letters."""
    return all(unicodedata.category(char) == "Lo" for char in word)


def _owner_says(scene: Scene) -> Iterator[str]:
    for entry in (*scene.history, *scene.entries):
        if isinstance(entry, UserMessage) and entry.provenance == "owner":
            yield entry.text


# -- addresses of the web -------------------------------------------------------------------------------------

_URL = re.compile(r"https?://[^\s<>\"'`\\^{}|\[\]]+", re.IGNORECASE)
_TRAILING = ".,;:!?)"


def urls_in(text: str) -> frozenset[str]:
    """Each as it stands there; also without the sentence's own marks behind it."""
    found = _URL.findall(text)
    return frozenset((*found, *(url.rstrip(_TRAILING) for url in found)))


def _known_urls(scene: Scene) -> frozenset[str]:
    texts = (*_owner_says(scene), *_found_by_search((*scene.history, *scene.entries)))
    return frozenset().union(*map(urls_in, texts))


def _found_by_search(entries: Iterable[Entry]) -> Iterator[str]:
    searches: frozenset[str] = frozenset()
    for entry in entries:
        match entry:
            case AssistantMessage():
                # A provider may give out an id again: a result belongs to the message right before it.
                searches = frozenset(call.id for call in entry.calls if call.name == "web_search")
            case ToolMessage():
                yield from (r.content for r in entry.results if r.call_id in searches and not r.failed)
            case _:
                pass


# -- memory and recipients ------------------------------------------------------------------------------------

_MEMORY_TOOLS = frozenset({"remember_for_good", "remember_today"})
_PLAIN_PATH = re.compile(r"[\w./ -]+")


def is_memory(target: str) -> bool:
    """Whether an act changes the memory and nothing else; a target that names several things does not."""
    if target in _MEMORY_TOOLS:
        return True
    path = posixpath.normpath(target).casefold()
    return _PLAIN_PATH.fullmatch(target) is not None and (path == "memory.md" or path.startswith("memory/"))


def recipient(to: Address) -> str:
    """How a SEND names its target, whichever account it leaves from: `telegram:821071206`."""
    return f"{to.channel}:{to.chat}"


def _sending(act: Act, scene: Scene, rules: Rules) -> Matter:
    if scene.reply_to is not None and act.target == recipient(scene.reply_to):
        alone = scene.role == "owner" and scene.chat_type == "direct"
        return Matter.SEND_HERE if act.kind is Kind.SEND or alone else Matter.FILE_HERE
    # Where people write directly, the chat is the person.
    if act.target in rules.owners:
        return Matter.SEND_OWNER
    return Matter.SEND_LISTED if act.target in rules.recipients else Matter.SEND_OTHER

"""What Telegram makes of `parse_mode=HTML`: the visible text, or the refusal it would send."""

import re
from html import unescape

ALLOWED = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "tg-emoji"}
    | {"a", "code", "pre", "blockquote"}
)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^<>]*)?)>")
ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")


class CannotParseError(Exception):
    """The text says why, in Telegram's words."""


def visible_text(html: str) -> str:
    open_tags: list[str] = []
    seen: list[str] = []
    position = 0
    while (start := html.find("<", position)) >= 0:
        seen.append(_plain(html[position:start]))
        tag = TAG.match(html, start)
        offset = len(html[:start].encode())
        if tag is None:
            raise CannotParseError(f'Unsupported start tag "{_word(html, start)}" at byte offset {offset}')
        _follow(tag, open_tags, offset)
        position = tag.end()
    if open_tags:
        raise CannotParseError(f'Can\'t find end tag corresponding to start tag "{open_tags[-1]}"')
    return "".join([*seen, _plain(html[position:])])


def _follow(tag: re.Match[str], open_tags: list[str], offset: int) -> None:
    closing, name = tag[1], tag[2].lower()
    if not closing:
        if name not in ALLOWED or (name == "span" and 'class="tg-spoiler"' not in tag[3]):
            raise CannotParseError(f'Unsupported start tag "{name}" at byte offset {offset}')
        open_tags.append(name)
        return
    if not open_tags:
        raise CannotParseError(f"Unexpected end tag at byte offset {offset}")
    if open_tags[-1] != name:
        wanted = open_tags[-1]
        raise CannotParseError(
            f'Unmatched end tag at byte offset {offset}, expected "</{wanted}>", found "</{name}>"'
        )
    open_tags.pop()


def _plain(text: str) -> str:
    """Only these entities are known; any other ampersand stays as it is."""
    return ENTITY.sub(lambda entity: unescape(entity[0]), text)


def _word(html: str, start: int) -> str:
    return re.split(r"[\s<>]", html[start + 1 :], maxsplit=1)[0]


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2

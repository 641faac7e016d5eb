"""A page as text that reads well. Runs as a process of its own: `python -I -m` this module, see `reader`."""

import json
import logging
import re
import sys
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from markdownify import MarkdownConverter

Mode = Literal["markdown", "text"]

MEMORY = 1 << 30
CPU_SECONDS = 20
MOST_HTML = 2_000_000
"""Characters of a page that are looked at; each costs a microsecond."""
LEAST_ARTICLE = 250
LEAST_SHARE = 0.1
"""Of the page's words: what is less is one box among many, not what the page is about."""
_NO_CONTENT = [
    "nav", "footer", "aside", "template", "svg", "noscript", "button", "select", "dialog", "iframe", "object", "canvas",
]  # fmt: skip


_UNSEEN = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")


class Task(TypedDict):
    kind: Literal["html", "pdf"]
    mode: Mode
    most: int
    """Characters of the text."""
    url: str


class Readable(TypedDict):
    title: str
    text: str
    whole: int
    """Characters there were, as far as it was read."""
    note: str


def main() -> None:
    """Reads the task as a line of JSON, then the page; writes a `Readable` as JSON."""
    _restrict()
    logging.disable()  # the libraries tell of every flaw of a page
    task: Task = json.loads(sys.stdin.buffer.readline())
    body = sys.stdin.buffer.read()
    result = from_pdf(body, task["most"]) if task["kind"] == "pdf" else from_html(body.decode(), task)
    sys.stdout.buffer.write(json.dumps(result).encode())


def from_html(page: str, task: Task) -> Readable:
    from lxml.etree import ParserError
    from lxml.html import HTMLParser, document_fromstring

    note = "only the beginning of this long page was looked at" if len(page) > MOST_HTML else ""
    nothing = Readable(title="", text="", whole=0, note=note)
    page = page[:MOST_HTML]
    try:
        tree = document_fromstring(page.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))
    except ParserError:  # nothing but blanks and comments
        return nothing
    if tree.find("body") is None:
        return nothing
    _prepare(tree, task["url"])
    # Writing Markdown costs far more than reading: what would be cut off anyhow is not written.
    text = _tidy(_written(_body(tree)[: max(20 * task["most"], 200_000)], task["mode"]))
    return Readable(title=_title(tree), text=text[: task["most"]], whole=len(text), note=note)


def from_pdf(body: bytes, most: int) -> Readable:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        document = PdfReader(BytesIO(body))
        if document.is_encrypted and not document.decrypt(""):
            raise SystemExit("the PDF is locked with a password")
        pages: list[str] = []
        size = 0
        for number, page in enumerate(document.pages, 1):
            words = page.extract_text().strip()
            pages.append(f"[page {number} of {len(document.pages)}]\n{words}" if words else "")
            size += len(words)
            if size > most:
                break
        title = (document.metadata.title if document.metadata else "") or ""
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SystemExit(f"the PDF cannot be read: {error}") from None
    if not size:
        raise SystemExit(
            f"the PDF holds no text on its {len(document.pages)} pages, perhaps only scanned pictures"
        )
    unread = len(document.pages) - len(pages)
    text = _tidy("\n\n".join(filter(None, pages)))
    note = f"{unread} of {len(document.pages)} pages were not read" if unread else ""
    return Readable(title=" ".join(title.split()), text=text[:most], whole=len(text), note=note)


def _restrict() -> None:
    """A page that makes its reader grow or loop ends the reader."""
    import resource

    limits = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in limits.items():
        with suppress(ValueError, OSError):  # macOS knows no limit of the address space
            resource.setrlimit(what, (most, most))


def _title(tree: "HtmlElement") -> str:
    shared = tree.xpath("string(//meta[@property='og:title']/@content)")
    return " ".join(str(shared or tree.findtext(".//title") or "").split())[:300]


def _prepare(tree: "HtmlElement", url: str) -> None:
    """Without what people cannot see, for instructions are hidden there; with whole addresses."""
    for element in tree.xpath("//*[@hidden or @aria-hidden='true' or @style]"):
        seen = "hidden" not in element.attrib and element.get("aria-hidden") != "true"
        if not (seen and not _UNSEEN.search(element.get("style", ""))) and element.tag not in {
            "html",
            "body",
        }:
            element.drop_tree()
    with suppress(ValueError):  # a <base> that is no address
        tree.make_links_absolute(url, handle_failures="ignore")
    for base in tree.xpath("//base"):
        base.drop_tree()


def _is_unseen(element: "HtmlElement") -> bool:
    said = "hidden" in element.attrib or element.get("aria-hidden") == "true"
    return said or _UNSEEN.search(element.get("style", "")) is not None


def _body(tree: "HtmlElement") -> str:
    """The article of the page, or all of it where there is none."""
    from lxml.html import tostring

    article = _article(tostring(tree, encoding="unicode"))
    rest = _without_frame(tree)
    if article is not None and article[1] >= max(LEAST_ARTICLE, LEAST_SHARE * len(rest.text_content())):
        return article[0]
    whole: str = tostring(rest, encoding="unicode")
    return whole


def _article(page: str) -> tuple[str, int] | None:
    """As HTML, and how many characters of text are in it."""
    from lxml.html import fragment_fromstring
    from readability import Document
    from readability.readability import Unparseable

    try:
        html = Document(page, handle_failures="ignore").summary(html_partial=True)
        return html, len(" ".join(fragment_fromstring(html, create_parent=True).text_content().split()))
    except (Unparseable, RecursionError):
        return None


def _without_frame(tree: "HtmlElement") -> "HtmlElement":
    from lxml_html_clean import Cleaner

    body = tree.find("body")
    Cleaner(style=True, kill_tags=_NO_CONTENT, safe_attrs_only=False, page_structure=False)(body)
    return body


def _written(html: str, mode: Mode) -> str:
    try:
        return _converter(mode).convert(html)
    except RecursionError:  # tags within tags within tags
        return re.sub(r"<[^<>]*>", " ", html)


def _converter(mode: Mode) -> "MarkdownConverter":
    from markdownify import MarkdownConverter

    class Markdown(MarkdownConverter):
        """Pictures only by what they show, and only where that is said."""

        def convert_img(self, el: Any, text: str, parent_tags: set[str]) -> str:
            shown = " ".join((el.get("alt") or "").split())
            return f"[picture: {shown}]" if shown else ""

    class Plain(Markdown):
        def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
            return text

        def convert_hN(self, n: int, el: Any, text: str, parent_tags: set[str]) -> str:
            return f"\n\n{text.strip()}\n\n"

        def convert_blockquote(self, el: Any, text: str, parent_tags: set[str]) -> str:
            return f"\n\n{text.strip()}\n\n"

        convert_b = convert_strong = convert_em = convert_i = convert_code = convert_del = convert_s = (
            convert_a
        )

    options: dict[str, Any] = {"heading_style": "ATX", "bullets": "-", "bs4_options": {"features": "lxml"}}
    if mode == "text":
        return Plain(**options, escape_asterisks=False, escape_underscores=False, escape_misc=False)
    return Markdown(**options, code_language_callback=_language)


def _language(el: Any) -> str | None:
    """`<pre><code class="language-sh">`."""
    inner = el.find("code")
    classes = [*(el.get("class") or ()), *((inner.get("class") or ()) if inner is not None else ())]
    named = (each.partition("-")[2] for each in classes if each.startswith(("language-", "lang-")))
    return next(named, None)


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\xa0]+\n", "\n", text)).strip()


if __name__ == "__main__":
    main()

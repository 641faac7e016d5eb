"""What a careful reader would stop at in somebody else's skill. It warns; it proves nothing. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from openclaw.agent.skills.pinning import SkillFile

Severity = Literal["warning", "danger"]
LONGEST_LINE = 4_000
"""Characters of a line that are looked at; a longer one is a finding itself."""
_I = re.IGNORECASE


@dataclass(frozen=True, slots=True)
class Finding:
    path: str
    line: int
    """0: the file as a whole."""
    severity: Severity
    rule: str
    text: str
    """Why it matters."""
    shown: str = ""
    """The words themselves, with what is invisible made visible."""


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    severity: Severity
    text: str
    pattern: re.Pattern[str]
    prose: bool = True
    """Whether it also means something in Markdown; what only code can do does not."""


_FETCH = r"\b(?:curl|wget|fetch|iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b"
_SHELL = (
    r"(?:sudo\s+)?(?:/\S*/)?(?:env\s+(?:-S\s+)?)?"
    r"(?:(?:ba|z|da|k|fi)?sh|python[\d.]*|node|perl|ruby|php|iex)\b"
)
_RULES = (
    _Rule("pipe-to-shell", "danger", "runs what it downloads, unseen", re.compile(
        rf"{_FETCH}[^\n|]*\|\s*(?:{_SHELL})|(?:{_SHELL})\s+(?:-c\s+)?[\"']?[<$]\(\s*{_FETCH}"
        rf"|\beval\b[^\n]*\$\(\s*{_FETCH}", _I)),
    _Rule("base64-run", "danger", "runs what it has hidden in base64", re.compile(
        rf"base64\s+(?:-{{1,2}}d(?:ecode)?|-D)\b[^\n]*\|\s*(?:{_SHELL})"
        r"|(?:eval|exec)\s*\(\s*[^\n]*(?:b64decode|atob|fromhex|from_?base64|zlib\.decompress|marshal\.loads)", _I)),
    _Rule("reverse-shell", "danger", "gives somebody else a shell", re.compile(
        r"/dev/(?:tcp|udp)/|\bn(?:c|cat)\b[^\n]*\s-(?:e|c)\b|\bsocat\b[^\n]*\bexec:|\bbash\s+-i\b", _I)),
    _Rule("credentials", "danger", "reaches for keys and passwords", re.compile(
        r"[~/.]ssh/|\bid_(?:rsa|ed25519|ecdsa)\b|\.aws/credentials|\.netrc\b|\.gnupg\b|\.kube/config|\.docker/config"
        r"|\.git-credentials|/etc/shadow|login\.keychain|\bsecurity\s+find-(?:generic|internet)-password"
        r"|\.openclaw/(?:credentials|openclaw\.json|agents/[^\s/]*/agent|\.env)|auth-profiles\.json"
        r"|Login Data|Cookies\.sqlite"
        r"|wallet\.dat", _I)),
    _Rule("orders", "danger", "orders the assistant to forget whose words count", re.compile(
        r"\b(?:ignore|disregard|forget)\s+(?:all\s+|any\s+)?(?:the\s+|your\s+)?(?:previous|prior|above|earlier|other)\s+"
        r"(?:instructions|rules|messages|prompts)|do not (?:tell|inform|mention (?:this|it) to) the (?:user|owner)"
        r"|without (?:telling|asking|informing) the (?:user|owner)", _I)),
    _Rule("miner", "danger", "mines coins", re.compile(r"stratum\+(?:tcp|ssl)|\bxmrig\b|\bminerd\b", _I)),
    _Rule("persistence", "danger", "stays on the machine", re.compile(
        r"\bcrontab\s+-|LaunchAgents/|LaunchDaemons/|\blaunchctl\s+(?:load|bootstrap)|systemctl\s+[^\n]*\benable\b"
        r"|/etc/cron|>>\s*~?/?\S*\.(?:bashrc|zshrc|profile|bash_profile)\b", _I)),
    _Rule("climbing", "warning", "leaves its folder", re.compile(r"\.\.[/\\]")),
    _Rule("sudo", "warning", "asks for the machine's full power", re.compile(r"\bsudo\b|\bdoas\b|\bsetuid\b", _I)),
    _Rule("delete", "warning", "deletes folders", re.compile(
        r"\brm\s+-[a-z]*(?:r[a-z]*f|f[a-z]*r)|shutil\.rmtree|rmSync\([^)]*recursive", _I)),
    _Rule("install", "warning", "installs programs of others", re.compile(
        r"\b(?:pip[\d.]*|uv|npm|pnpm|yarn|brew|cargo|gem|apt(?:-get)?)\s+(?:install|add|tool\s+install|-g)\b"
        r"|\bnpx\s+(?:-y|--yes)\b"
        r"|\bgo\s+install\b", _I)),
    _Rule("eval", "warning", "runs text as code", re.compile(
        r"(?<![\w.])(?:eval|exec)\s*\(|(?<![\w.])compile\s*\(|__import__\s*\(|new\s+Function\s*\(|\bmarshal\.loads\b"
        r"|\bpickle\.loads?\b|\bctypes\b|^\s*eval\s+[\"'$`]", _I), prose=False),
    _Rule("process", "warning", "starts programs", re.compile(
        r"\bsubprocess\b|\bos\.(?:system|popen|exec\w+|spawn\w+|fork)\b|\bpty\.spawn\b|child_process|\bexecSync\b"
        r"|\bcreate_subprocess_|\bBun\.spawn\b|\bDeno\.(?:run|Command)\b"), prose=False),
    _Rule("environment", "warning", "reads the process's variables, where keys may be", re.compile(
        r"\bos\.(?:environ|getenv)\b|\bprocess\.env\b|\bDeno\.env\b|\bprintenv\b"
        r"|(?:^|[;|&]\s*)env\s*(?:$|[|>])"), prose=False),
    _Rule("network", "warning", "speaks to other machines", re.compile(
        r"\b(?:socket\.(?:socket|create_connection)|requests\.|urllib\.request|http\.client|httpx\."
        r"|aiohttp\.|ftplib|smtplib"
        r"|XMLHttpRequest|WebSocket\()|\bfetch\s*\(|https?://[^\s\"'<>)]+", _I), prose=False),
    _Rule("raw-address", "warning", "names a machine by its number", re.compile(
        r"(?:https?|ftp|wss?|tcp)://\[?(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]{3,}\]|0x[0-9a-f]{6,8}|\d{8,10})"
        r"(?=[:/\s\"'\]]|$)", _I)),
    _Rule("drop-box", "warning", "sends to a place where anybody can collect", re.compile(
        r"\b(?:pastebin\.com|transfer\.sh|webhook\.site|requestbin|ngrok\.(?:io|app)|discord(?:app)?\.com/api/webhooks"
        r"|api\.telegram\.org/bot|oast\.(?:pro|fun|live|site)|interact\.sh|file\.io)\b", _I)),
    _Rule("blob", "warning", "hides something in a long line of characters", re.compile(
        r"[A-Za-z0-9+/]{200,}={0,2}|(?:\\x[0-9a-f]{2}){24,}|(?:\\u[0-9a-f]{4}){24,}", _I)),
)  # fmt: skip
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e0fff\x00-\x08\x0e-\x1f\x7f]"
)
_JOINED = re.compile("(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f])|\ufe0f")
"""Parts of emoji and of several scripts."""
_PROSE = frozenset({".md", ".markdown", ".txt", ".rst", ""})
_PROGRAMS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa")
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")


def scan(files: Iterable[SkillFile]) -> tuple[Finding, ...]:
    """The gravest of a line first, in the order of files and lines."""
    return tuple(finding for file in files for finding in _of_file(file))


def exit_code(findings: Iterable[Finding]) -> int:
    """0: nothing; 1: warnings; 2: danger."""
    return max((2 if finding.severity == "danger" else 1 for finding in findings), default=0)


def _of_file(file: SkillFile) -> Iterator[Finding]:
    if file.data.startswith(_PROGRAMS):
        yield Finding(file.path, 0, "danger", "program", "is a program that nobody can read")
        return
    if file.data.startswith(_ARCHIVES):
        yield Finding(file.path, 0, "warning", "archive", "is an archive: what is in it was not looked at")
        return
    if b"\0" in file.data[:8_192]:
        return  # a picture, a font: nothing that is read or run
    suffix = PurePosixPath(file.path).suffix.lower()
    prose = suffix in _PROSE and not file.data.startswith(b"#!")
    for number, line in enumerate(file.data.decode(errors="replace").split("\n"), start=1):
        yield from _of_line(file.path, number, line, prose=prose)


def _of_line(path: str, number: int, line: str, *, prose: bool) -> Iterator[Finding]:
    if _HIDDEN.search(_JOINED.sub("", line.removeprefix("\ufeff") if number == 1 else line)):
        text = "holds characters that nobody sees"
        yield Finding(path, number, "danger", "hidden-characters", text, visible(line))
    if len(line) > LONGEST_LINE:
        text = f"is longer than {LONGEST_LINE} characters; only the beginning was looked at"
        yield Finding(path, number, "warning", "long-line", text)
    # As a shell or a reader sees it: joined letters and full-width forms are the letters they look like.
    plain = unicodedata.normalize("NFKC", _HIDDEN.sub("", line[:LONGEST_LINE]))
    for rule in _RULES:
        if (rule.prose or not prose) and (match := rule.pattern.search(plain)):
            yield Finding(path, number, rule.severity, rule.name, rule.text, visible(match[0]))


def visible(text: str) -> str:
    """Short, and with every invisible character spelt out."""
    spelt = "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in text.strip())
    return spelt if len(spelt) <= 100 else f"{spelt[:99]}…"

"""Ways out of a workspace, as models and programs in the sandbox have tried them."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.agent.tools.files.yard import Yard

CLIMBS = (
    "..",
    "../",
    "./..",
    "a/../..",
    "a/b/../../..",
    "a//..//..",
    "./a/./../..",
    "a/../../.",
    "../workspace/..",
)
TARGETS = (
    "outside/secret.txt",
    "../outside/secret.txt",
    "../../outside/secret.txt",
    "../../../etc/passwd",
    "etc/passwd",
)
ENCODED = (
    "..%2f..%2foutside/secret.txt", "%2e%2e/%2e%2e/outside/secret.txt", "..%252f..%252foutside", "%2e%2e%2foutside",
    "..\\..\\outside\\secret.txt", "a\\..\\..\\outside", "..\\/..\\/outside", "\\\\server\\share", "C:\\Windows\\x",
    "..\uff0f..\uff0foutside/secret.txt", "\u2025/\u2025/outside/secret.txt", "..\u2215..\u2215outside",
    "．．/．．/outside",
    "..;/..;/outside/secret.txt", "....//....//outside/secret.txt", "..././..././outside", ".../.../outside",
)  # fmt: skip
ABSOLUTE = (
    "{outside}/secret.txt", "//{outside}/secret.txt", "/{outside}//secret.txt", "{outside}/./secret.txt",
    "/proc/self/root{outside}/secret.txt", "/proc/self/cwd/../secret.txt", "/proc/1/environ", "/proc/self/environ",
    "/proc/self/fd/0", "/dev/fd/0", "/dev/stdin", "/dev/zero", "/dev/null", "/dev/tty", "/dev/shm/x", "/etc/passwd",
    "/etc/shadow", "/root/.ssh/id_ed25519", "/tmp/x", "/var/run/docker.sock", "/", "//", "/.", "/..",
    "/work/../etc/passwd",
    "/work/..", "/work/../../{outside}/secret.txt", "/workspace/x", "/works/x", "{workspace}/../../outside/secret.txt",
    "{workspace}/../openclaw.json", "{workspace}x/y", "{state}/openclaw.json", "{state}/credentials/gateway-token",
    "{state}/undo/lock", "{state}", "{workspace}/..", "file:///etc/passwd", "file://localhost{outside}/secret.txt",
    "http://127.0.0.1/x", "data://text/plain,x", "~", "~/x", "~root/.bashrc", "~/../etc/passwd", "~+/x",
)  # fmt: skip
STRANGE = (
    "", " ", "\t", "\n", "a\0b", "secret.txt\0.png", "../outside/secret.txt\0", "\0", "a\nb", "a\rb", "a\x1bb",
    "a\x7fb",
    "\ud800", "a/\udfff", "x" * 300, "a/" * 3000 + "b",
)  # fmt: skip
PLANTED = (
    "link.txt", "link-folder/secret.txt", "a/up/outside/secret.txt", "chain.txt", "to-proc/{outside_bare}/secret.txt",
    "to-cwd/secret.txt", "relative-link.txt", "/work/link.txt", "{workspace}/link-folder/secret.txt", "loop", "loop/x",
    "hard.txt", "./link-folder/./secret.txt", "a/../link.txt", "link-folder", "link-to-state/openclaw.json", "dangling",
    "link-folder/new.txt", "a/up/outside/new/file.txt", "a/up",
)  # fmt: skip
SPECIAL = ("pipe", "socket")


def forms(yard: Yard) -> Iterator[str]:
    yield from CLIMBS
    yield from (f"{climb.rstrip('/')}/{target}" for climb in CLIMBS for target in TARGETS)
    yield from ENCODED
    names = {
        "outside": str(yard.outside), "outside_bare": str(yard.outside).lstrip("/"),
        "workspace": str(yard.workspace), "state": str(yard.state),
    }  # fmt: skip
    yield from (form.format(**names) for form in (*ABSOLUTE, *PLANTED))
    yield from STRANGE
    yield from SPECIAL


def plant(yard: Yard) -> None:
    """What a program with the workspace in its hands can leave there, and a little more."""
    workspace = yard.workspace
    (workspace / "a").mkdir()
    (yard.state / "openclaw.json").write_text("canary-5fd1 the token")
    links: dict[str, str | Path] = {
        "link.txt": yard.secret,
        "relative-link.txt": "../../outside/secret.txt",
        "link-folder": yard.outside,
        "a/up": "../../..",
        "chain.txt": "link.txt",
        "to-proc": "/proc/self/root",
        "to-cwd": "/proc/self/cwd",
        "loop": "loop",
        "link-to-state": yard.state,
        "dangling": yard.outside / "made-by-a-link.txt",
    }
    for name, target in links.items():
        (workspace / name).symlink_to(target)
    os.link(yard.secret, workspace / "hard.txt")
    os.mkfifo(workspace / "pipe")
    _socket(workspace, "socket")


def _socket(folder: Path, name: str) -> None:
    before = Path.cwd()
    with socket.socket(socket.AF_UNIX) as made:
        # A socket's path may have no more than about a hundred characters.
        os.chdir(folder)
        try:
            made.bind(name)
        finally:
            os.chdir(before)

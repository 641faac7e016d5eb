"""The first start: the state directory, a config to begin with, and the assistant's workspace."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from openclaw import bundled
from openclaw.files import write_atomically
from openclaw.settings.checking.safety import refuse_open_folder
from openclaw.settings.paths import Paths

STARTER = """\
// The configuration of your assistant. It is JSON5: comments and trailing commas are welcome, and every key
// may be left out. `openclaw config check` tells what is wrong with it; a mistake never keeps the assistant
// from starting, it only switches off the part it is in.
{
  gateway: {
    // For the web page, the command line and programs of yours. Whoever has it can do everything.
    auth: { token: "%(token)s" },
  },

  // The key of your model. Better than writing it here: set ANTHROPIC_API_KEY in the file .env beside this one,
  // or name where it lies: "env:NAME", "file:/path", "op://vault/item/field".
  // models: { providers: { anthropic: { apiKey: "env:ANTHROPIC_API_KEY" } } },

  // A Telegram bot: @BotFather gives the token, and allowFrom holds your own number, which @userinfobot shows.
  // channels: { telegram: { botToken: "env:TELEGRAM_BOT_TOKEN", allowFrom: ["821071206"] } },
}
"""

_FOLDERS = ("agents", "credentials", "logs", "media", "workspace")


def prepare_state(paths: Paths) -> None:
    """Makes what is missing and changes nothing that is there. Raises ConfigError for an unsafe state directory."""
    refuse_open_folder(paths.state)
    with _private():
        for folder in (paths.state, *(paths.state / name for name in _FOLDERS), paths.config.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not paths.gateway_token.exists():
            write_atomically(paths.gateway_token, f"{secrets.token_hex(32)}\n".encode())
        if not paths.config.exists():
            furnish(paths.workspace)
            write_atomically(paths.config, (STARTER % {"token": secrets.token_hex(32)}).encode())


def bring_back(paths: Paths) -> bool:
    """A config that was there and is gone was hardly meant to go: its last good copy takes its place.

    Otherwise the next start would write the starter over that copy too. Whether it did.
    """
    if paths.config.exists() or not paths.last_good.exists():
        return False
    write_atomically(paths.config, paths.last_good.read_bytes())
    return True


def furnish_empty(workspaces: Iterable[Path]) -> None:
    """A file that the owner took out of a workspace in use does not come back."""
    with _private():
        for workspace in workspaces:
            if not workspace.is_dir() or not any(workspace.iterdir()):
                furnish(workspace)


def furnish(workspace: Path) -> None:
    """Only the Markdown files: the skills that come with the program stay where it is, and so up to date."""
    workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    for source in sorted(bundled.workspace_folder().glob("*.md")):
        if not (workspace / source.name).exists():
            write_atomically(workspace / source.name, source.read_bytes())


@contextmanager
def _private() -> Iterator[None]:
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def keep_last_good(paths: Paths, data: bytes) -> None:
    """A copy of a config that could be read, for the day when it cannot."""
    try:
        if paths.last_good.read_bytes() == data:
            return
    except OSError:
        pass
    write_atomically(paths.last_good, data)

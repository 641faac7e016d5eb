"""What else lies in a home of the original, and why it stays there."""

from openclaw.migrate.opening import Folder
from openclaw.migrate.records import Findings

_WHY = {
    "devices": "programs and machines pair with this one anew: openclaw devices list",
    "identity": "this assistant has an identity of its own",
    "exec-approvals.json": "what was allowed for ever is asked about once more here",
    "memory": "the index is made anew from the memory files",
    "media": "files of old messages; pictures of the conversations come over with them",
    "sandboxes": "the sandbox is another one here",
    "extensions": "plugins of the original do not run here",
    "hooks": "its hooks are JavaScript and do not run here",
    "telegram": "Telegram itself knows what was read",
    "logs": "logs stay with the program that wrote them",
    "delivery-queue": "what waits there is still its own to send",
    "subagents": "tasks that were under way are its own to end",
    "browser": "the browser's profile belongs to it",
    "canvas": "there is no canvas here",
    "settings": "settings of voices are not read here",
    "voice-calls": "calls are recorded anew here",
    "session-sqlite-import-archive": "the original's own copies",
    "completions": "openclaw completion makes ours",
}
_NOBODYS = frozenset({
    "openclaw.json", "clawdbot.json", "moltbot.json", ".env", "agents", "credentials", "cron", "skills",
    "workspace", "state", "tmp", "session-sqlite-migration-runs", "config-journal-fingerprint.key",
    "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "streams", "vault", "phone",
    "update-check.json", "openclaw.last-good.json", "before-migration", "undo", "locks",
    "plugin-skills", "daemon.lock", "backups",
})  # fmt: skip
"""Read elsewhere, ours, or of no interest to anybody."""


def report_leftovers(folder: Folder, findings: Findings) -> None:
    brought = {each.target for each in findings.folders}
    for name in folder.names():
        if name in _WHY:
            findings.leave(name, name, _WHY[name])
        elif name in _NOBODYS or name in brought or ".bak" in name or name.endswith(".migrated"):
            continue
        else:
            findings.leave(name, name, "it is not known here")
    for name in folder.names("credentials"):
        why = _credential(name)
        if why:
            findings.leave(f"credentials/{name}", f"credentials/{name}", why)


def _credential(name: str) -> str:
    if name.endswith("-pairing.json"):
        return "its codes live an hour: who waits writes again and gets a new one"
    if name == "whatsapp":
        return "a login of WhatsApp Web; here it is the Business Cloud API"
    if name.endswith("-allowFrom.json") or name in {"secrets.json", "gateway-token"}:
        return ""
    return "a login belongs to the program that was logged in"

"""Every fault that can be planted in a house without a provider, another process or a very large file."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from openclaw.agent.tools.exec.sandbox.base import Unavailable
from openclaw.doctor.finding import Level
from openclaw.doctor.premises import Alive, Disk, Mute, disk_of
from openclaw.sessions.lines import encode
from openclaw.store.migrations import STEPS
from openclaw.types.clock import SystemClock, iso
from tests.doctor.home import PORT, TURN, House, forget
from tests.sessions.made import NOW, called

Plant = Callable[[House], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    id: str
    level: Level
    check: str
    plant: Plant


FAULTS: list[Fault] = []


def fault(id: str, level: Level, check: str) -> Callable[[Plant], Plant]:
    def kept(plant: Plant) -> Plant:
        FAULTS.append(Fault(id, level, check, plant))
        return plant

    return kept


# -- the config -------------------------------------------------------------------------------------------


@fault("config.unreadable", "error", "the config")
async def a_torn_config(house: House) -> None:
    house.config.write_text("{ gateway: { auth: ")


@fault("config.gone", "error", "the config")
async def a_config_that_is_gone(house: House) -> None:
    house.config.unlink()


@fault("config.unknown_key", "warn", "the config")
async def an_unknown_key(house: House) -> None:
    house.write_config({"budgetz": {"perDay": 1}})


@fault("config.foreign", "info", "the config")
async def a_key_of_the_original(house: House) -> None:
    house.write_config({"browser": {"enabled": True}})


@fault("config.invalid", "error", "the config")
async def a_bad_value(house: House) -> None:
    house.write_config({"session": {"dmScope": "everybody"}})


@fault("config.doubtful", "warn", "the config")
async def something_hardly_meant(house: House) -> None:
    house.write_config({"channels": {"telegram": {"botToken": "env:HOME", "allowFrom": ["@ada"]}}})


@fault("config.insecure", "error", "what the config lets in")
async def an_open_door(house: House) -> None:
    house.write_config({"gateway": {"bind": "lan", "auth": {"mode": "none"}}})


@fault("state.permissions", "warn", "the files and folders")
async def a_readable_file(house: House) -> None:
    house.config.chmod(0o644)


@fault("state.ownership", "error", "the files and folders")
async def files_of_another_user(house: House) -> None:
    house.set_machine(uid=4711)


@fault("state.symlink", "error", "the files and folders")
async def a_linked_state(house: House) -> None:
    elsewhere = house.home / "elsewhere"
    house.state.rename(elsewhere)
    house.state.symlink_to(elsewhere)


@fault("state.links", "warn", "the files and folders")
async def a_link_inside(house: House) -> None:
    (house.state / "credentials" / "more.json").symlink_to("/etc/hostname")


@fault("state.synced", "warn", "the files and folders")
async def a_synced_folder(house: House) -> None:
    synced = house.home / "Dropbox" / "openclaw"
    synced.parent.mkdir()
    house.state.rename(synced)
    house.environ["OPENCLAW_STATE_DIR"] = str(synced)


@fault("secrets.permissions", "warn", "the files and folders")
async def a_readable_secret(house: House) -> None:
    secret = house.home / "token"
    secret.write_text("secret\n")
    secret.chmod(0o644)
    house.write_config({"channels": {"telegram": {"botToken": f"file:{secret}"}}})


# -- the ledger and the conversations ---------------------------------------------------------------------


@fault("ledger.damaged", "error", "the ledger")
async def a_corrupt_ledger(house: House) -> None:
    house.ledger.write_bytes(os.urandom(8192))


@fault("ledger.unread", "warn", "the ledger")
async def a_folder_in_place_of_the_ledger(house: House) -> None:
    house.ledger.mkdir()


@fault("ledger.newer", "error", "the ledger")
async def a_ledger_of_tomorrow(house: House) -> None:
    await house.write_ledger()
    await house.write_ledger(f"PRAGMA user_version = {len(STEPS) + 1}")


@fault("jobs.failing", "warn", "the ledger")
async def a_failing_job(house: House) -> None:
    state = '{"consecutive_errors": 3, "last_error": "no such server"}'
    await house.write_ledger(
        "INSERT INTO jobs (id, agent, creator, enabled, job, state, created_at)"
        f" VALUES ('j1', 'main', 'owner', 1, '{{\"name\": \"news\"}}', '{state}', 1)"
    )


@fault("outbox.ambiguous", "warn", "the ledger")
async def a_message_in_doubt(house: House) -> None:
    await house.write_ledger(_message("ambiguous"))


@fault("outbox.failed", "warn", "the ledger")
async def a_message_that_failed(house: House) -> None:
    await house.write_ledger(_message("failed"))


def _message(state: str) -> str:
    now = iso(SystemClock().now_ms())
    return (
        "INSERT INTO outbox (id, part, channel, account, recipient, text, purpose, audience, state, trace_id,"
        f" created_at) VALUES ('o1', 1, 'telegram', 'default', '1', 'hi', 'reply', 'owner', '{state}', 't', '{now}')"
    )


@fault("work.waiting", "warn", "the ledger")
async def a_message_that_waits(house: House) -> None:
    await house.write_ledger(
        "INSERT INTO inbox (key, channel, account, received_at, raw, state, run_id, trace_id)"
        f" VALUES ('k', 'telegram', 'default', '{iso(NOW)}', 'x', 'queued', 'r', 't')"
    )


@fault("transcripts.hurt", "warn", "the conversations")
async def a_torn_transcript(house: House) -> None:
    house.write_index()
    path = house.write_transcript()
    path.write_bytes(path.read_bytes() + b'{"role":"user","con')


@fault("transcripts.hurt", "error", "the conversations")
async def a_transcript_with_garbage(house: House) -> None:
    house.write_index()
    path = house.write_transcript()
    path.write_bytes(path.read_bytes() + b"\x00\x00garbage\n" + encode(called("m_9", "c_1")))


@fault("transcripts.behind", "warn", "the conversations")
async def a_transcript_that_lacks_lines(house: House) -> None:
    house.write_index()
    house.write_transcript()
    await house.owe(encode(TURN[0]).decode())


@fault("state.original", "error", "whose home it is")
async def a_home_of_the_original(house: House) -> None:
    house.write_transcript(b'{"type":"session","version":3,"id":"ses_1"}\n')


@fault("sessions.unreadable_index", "error", "the conversations")
async def an_empty_index(house: House) -> None:
    house.write_index().write_bytes(b"")


@fault("sessions.missing_file", "warn", "the conversations")
async def a_missing_transcript(house: House) -> None:
    house.write_index()


@fault("sessions.orphans", "warn", "the conversations")
async def an_orphan(house: House) -> None:
    house.write_index({})
    house.write_transcript()


# -- the daemon -------------------------------------------------------------------------------------------


@fault("lock.stale", "warn", "the lock")
async def a_stale_lock(house: House) -> None:
    lock = house.state / "daemon.lock"
    lock.write_text("4711\n")
    lock.chmod(0o600)


@fault("daemon.refuses", "error", "the running assistant")
async def a_changed_token(house: House) -> None:
    house.daemon = Mute("unauthorized: token mismatch")


@fault("daemon.other_home", "warn", "the running assistant")
async def a_daemon_of_another_home(house: House) -> None:
    house.daemon = Alive(state_dir="/somewhere/else")


@fault("daemon.version", "warn", "the running assistant")
async def a_daemon_of_yesterday(house: House) -> None:
    house.daemon = Alive(version="0.0.1", state_dir=str(house.state))


@fault("daemon.problem", "warn", "the running assistant")
async def a_change_that_waits_for_a_restart(house: House) -> None:
    house.daemon = Alive(problems=["gateway.port waits for a restart"])


@fault("ports.collision", "error", "the ports")
async def one_port_for_two_listeners(house: House) -> None:
    sms = {"accountSid": "AC1", "fromNumber": "+12015550100"}
    house.write_config({"webhooks": {"port": PORT}, "channels": {"sms": sms}})


# -- keys, channels and webhooks, as far as they need no provider --------------------------------------------


@fault("secrets.unreadable", "error", "the secrets")
async def an_unset_variable(house: House) -> None:
    house.write_config({"models": {"providers": {"anthropic": {"apiKey": "env:NOT_THERE"}}}})


@fault("keys.missing", "error", "the models' keys")
async def a_model_without_a_key(house: House) -> None:
    models = {"providers": {"anthropic": {"apiKey": "sk-ant-test"}}}
    house.write_config({"models": models, "agents": {"defaults": {"model": "openai/gpt-5"}}})


def _key(state: str, reason: str) -> Alive:
    return Alive(keys=[{"id": "anthropic:work", "state": state, "until": None, "reason": reason}])


@fault("keys.refused", "error", "how the keys fare")
async def a_refused_key(house: House) -> None:
    house.daemon = _key("disabled", "auth")


@fault("keys.unpaid", "error", "how the keys fare")
async def an_unpaid_key(house: House) -> None:
    house.daemon = _key("disabled", "billing")


@fault("keys.cooling", "warn", "how the keys fare")
async def a_cooling_key(house: House) -> None:
    house.daemon = _key("cooling", "rate_limit")


@fault("channels.failing", "error", "how the channels work")
async def a_dead_channel(house: House) -> None:
    house.daemon = Alive(channels={"telegram": {"condition": "failing", "reason": "no network"}})


@fault("mcp.failing", "warn", "how the channels work")
async def a_dead_server(house: House) -> None:
    house.daemon = Alive(servers=[{"name": "files", "state": "failing", "reason": "exited with 1"}])


@fault("channels.incomplete", "error", "the channels' providers")
async def a_channel_without_a_token(house: House) -> None:
    house.write_config({"channels": {"telegram": {"enabled": True}}})


@fault("webhooks.refused", "warn", "calls from outside")
async def a_refused_call(house: House) -> None:
    row = {"path": "/sms", "channel": "sms", "served": True, "checkedBy": "X-Twilio-Signature"}
    house.daemon = Alive(webhooks=[{**row, "lastRefusedAt": iso(NOW), "lastRefusal": "bad-signature"}])


@fault("registration.unknown", "warn", "the registration of the numbers")
async def an_unregistered_number(house: House) -> None:
    house.write_config({"channels": {"sms": {"fromNumber": "+12015550100"}}})


@fault("compliance.off", "error", "the registration of the numbers")
async def texts_without_gates(house: House) -> None:
    sms = {"fromNumber": "+12015550100"}
    house.write_config({"channels": {"sms": sms}, "compliance": {"enabled": False}})


@fault("disk.full", "error", "the disk")
async def a_full_disk(house: House) -> None:
    house.set_machine(disk=lambda _: Disk(1 << 40, 1 << 20, 0))


@fault("disk.low", "warn", "the disk")
async def a_disk_that_fills(house: House) -> None:
    house.set_machine(disk=lambda _: Disk(1 << 40, 200 << 20, 0))


@fault("disk.unknown", "warn", "the disk")
async def a_disk_that_does_not_answer(house: House) -> None:
    house.set_machine(disk=lambda folder: disk_of(folder / "nowhere"))


@fault("sqlite.old", "error", "SQLite")
async def an_old_sqlite(house: House) -> None:
    house.set_machine(sqlite=(3, 31, 1))


@fault("backup.none", "info", "the backups")
async def a_month_without_a_backup(house: House) -> None:
    await house.write_ledger()
    os.utime(house.state / "credentials" / "gateway-token", (0, 0))


@fault("backup.old", "warn", "the backups")
async def an_old_backup(house: House) -> None:
    await a_month_without_a_backup(house)
    copy = house.state / "backups" / "openclaw-20260101T000000Z.tar.gz"
    copy.parent.mkdir(parents=True)
    copy.touch()
    os.utime(copy, (10, 10))


@fault("sandbox.unavailable", "warn", "the sandbox")
async def no_sandbox(house: House) -> None:
    house.set_machine(sandbox=lambda: Unavailable("bubblewrap is not installed: apt install bubblewrap"))


@fault("secrets.plaintext", "warn", "secrets in plain text")
async def a_key_in_the_config(house: House) -> None:
    house.write_config({"models": {"providers": {"anthropic": {"apiKey": "sk-ant-test"}}}})


@fault("sessions.shared", "warn", "who shares a conversation")
async def a_friend_in_the_main_session(house: House) -> None:
    house.write_config({"channels": {"telegram": {"botToken": "env:HOME", "allowFrom": [821071206]}}})
    paired = house.state / "credentials" / "telegram-allowFrom.json"
    paired.write_text('{"version": 1, "allowFrom": ["5550123"]}')


@fault("channels.open", "warn", "who may write")
async def an_open_bot(house: House) -> None:
    house.write_config({"channels": {"telegram": {"botToken": "env:HOME", "dmPolicy": "open"}}})


@fault("channels.groups_open", "warn", "who may write")
async def open_groups(house: House) -> None:
    house.write_config({"channels": {"telegram": {"botToken": "env:HOME", "groupPolicy": "open"}}})


@fault("budgets.unset", "info", "what it may cost")
async def no_limit(house: House) -> None:
    house.write_config({"models": {"providers": {"anthropic": {"apiKey": "env:HOME"}}}})


@fault("heartbeat.cost", "warn", "what it may cost")
async def a_hasty_heartbeat(house: House) -> None:
    (house.state / "workspace" / "HEARTBEAT.md").write_text("- look at the mail\n")
    beat = {"defaults": {"heartbeat": {"every": "1m"}}}
    house.write_config({"models": {"providers": {"anthropic": {"apiKey": "env:HOME"}}}, "agents": beat})


@fault("workspace.missing", "warn", "the workspace")
async def no_workspace(house: House) -> None:
    forget(house.state / "workspace")


@fault("workspace.no_instructions", "info", "the workspace")
async def no_instructions(house: House) -> None:
    forget(house.state / "workspace" / "AGENTS.md")


@fault("workspace.too_long", "warn", "the workspace")
async def a_long_memory(house: House) -> None:
    (house.state / "workspace" / "MEMORY.md").write_text("word " * 5_000)

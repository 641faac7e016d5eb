"""`cron`: reminders and recurring tasks."""

from typing import Any

import click

from openclaw.cli import completing
from openclaw.cli.house import call
from openclaw.cli.tables import cell, print_json, print_table, printable, printable_text

COLUMNS = {"id": "id", "name": "name", "when": "when", "next": "nextRun", "last": "last", "on": "enabled"}
RUNS = {
    "begun": "runAt",
    "job": "jobId",
    "status": "status",
    "took ms": "durationMs",
    "delivery": "deliveryStatus",
    "error": "error",
}


@click.group()
def cron() -> None:
    """List, make and remove reminders and recurring tasks."""


@cron.command("list")
@click.option("--enabled", is_flag=True, help="Only those that are on.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_jobs(enabled: bool, as_json: bool) -> None:
    """The next one first."""
    found = call("cron.list", {"includeDisabled": not enabled, "limit": 1000})
    if as_json:
        print_json({"version": 1, "jobs": found["jobs"]})
    else:
        print_table([_row(job) for job in found["jobs"]], COLUMNS, empty="There are no jobs.")


@cron.command()
@click.option("--name", default="", help="What to call it.")
@click.option("--at", help='Once: "in 20 minutes", 18:30, or an ISO time (UTC without an offset or --tz).')
@click.option("--every", help="Again and again: 30m, 2h, 1d.")
@click.option("--cron", "expr", help='By an expression of five or six fields: "0 9 * * 1-5".')
@click.option("--tz", help="A time zone's name for --at or --cron; local is yours.")
@click.option("--exact", is_flag=True, help="On the second, also at a full hour of every hour.")
@click.option("--text", help="Said to the assistant in its main conversation.")
@click.option("--message", help="A task in a session of its own.")
@click.option("--model", help="For --message.")
@click.option("--thinking", help="For --message: off, minimal, low, medium, high, xhigh.")
@click.option("--timeout", "timeout_seconds", type=float, help="Seconds, for --message.")
@click.option("--agent", "agent_id", help="Whose job it is.")
@click.option("--session", "target", help="main, isolated, or session:<key>.")
@click.option("--channel", help="Where the result goes.")
@click.option("--to", help="To whom, on that channel; or an address, with --webhook.")
@click.option("--webhook", is_flag=True, help="POST the result to the address in --to.")
@click.option("--no-deliver", is_flag=True, help="Only keep the result.")
@click.option("--keep", is_flag=True, help="Keep a job of one run when it has run.")
@click.option("--disabled", is_flag=True, help="Do not begin yet.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def add(as_json: bool, **given: Any) -> None:
    """Make a job: when (--at, --every or --cron) and what (--text or --message)."""
    job = call("cron.add", job_of(given))
    if as_json:
        print_json(job)
    else:
        when = job.get("nextRun", "it is off")
        click.echo(printable(f"{job['id']} ({job['name']}): {when}"))


@cron.command()
@click.argument("job_id", metavar="ID", shell_complete=completing.jobs)
def remove(job_id: str) -> None:
    """Take a job away."""
    click.echo(printable(f"{call('cron.remove', {'id': job_id})['id']} is removed"))


@cron.command()
@click.argument("job_id", metavar="ID", shell_complete=completing.jobs)
@click.option("--due", is_flag=True, help="Only if it is due.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def run(job_id: str, due: bool, as_json: bool) -> int:
    """Begin a job now, whatever its schedule says."""
    done = call("cron.run", {"id": job_id, "mode": "due" if due else "force"})
    if as_json:
        print_json(done)
    elif done["ran"]:
        click.echo(printable(f"{done['id']} is begun: openclaw cron runs {done['id']}"))
    else:
        click.echo(printable(f"{done['id']} is not begun: {done['reason']}"))
    return 0 if done["ran"] else 1


@cron.command()
@click.argument("job_id", metavar="ID", shell_complete=completing.jobs, required=False)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def runs(job_id: str | None, limit: int, as_json: bool) -> None:
    """What became of a job's runs, or of all; the newest first."""
    asked = {"scope": "job" if job_id else "all", "limit": limit, **({"id": job_id} if job_id else {})}
    entries = call("cron.runs", asked)["entries"]
    if as_json:
        print_json(entries)
        return
    rows = [{**entry, "runAt": entry["runAtMs"]} for entry in entries]
    print_table(rows, RUNS, empty="Nothing has run yet.")
    if job_id and entries and entries[0].get("summary"):
        click.echo(f"\n{printable_text(entries[0]['summary'])}")


@cron.command()
@click.argument("job_id", metavar="ID", shell_complete=completing.jobs)
def enable(job_id: str) -> None:
    """Switch a job on."""
    _switch(job_id, on=True)


@cron.command()
@click.argument("job_id", metavar="ID", shell_complete=completing.jobs)
def disable(job_id: str) -> None:
    """Switch a job off; it is kept."""
    _switch(job_id, on=False)


@cron.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """How many there are, and when the next one is due."""
    found = call("cron.status", {})
    if as_json:
        print_json(found)
        return
    next_at = cell(found.get("nextWakeAtMs"), "at")
    click.echo(
        f"{'on' if found['enabled'] else 'off'}; {found['jobs']} jobs, {found['running']} run; next: {next_at}"
    )


def _switch(job_id: str, *, on: bool) -> None:
    job = call("cron.update", {"id": job_id, "patch": {"enabled": on}})
    click.echo(
        printable(f"{job['id']} is {'on' if job['enabled'] else 'off'}: {job.get('nextRun', 'not due')}")
    )


def job_of(given: dict[str, Any]) -> dict[str, object]:
    """The options as a job. Raises UsageError."""
    times = [name for name in ("at", "every", "expr") if given[name]]
    if len(times) != 1:
        raise click.UsageError("say when, in one way: --at, --every or --cron")
    if bool(given["text"]) == bool(given["message"]):
        raise click.UsageError("say what: --text or --message")
    turn = {name: given[name] for name in ("model", "thinking") if given[name]}
    if given["timeout_seconds"]:
        turn["timeoutSeconds"] = given["timeout_seconds"]
    if turn and not given["message"]:
        raise click.UsageError("--model, --thinking and --timeout go with --message")
    payload = (
        {"kind": "agentTurn", "message": given["message"], **turn}
        if given["message"]
        else {"kind": "systemEvent", "text": given["text"]}
    )
    job: dict[str, object] = {
        "name": given["name"],
        "schedule": _schedule(given),
        "payload": payload,
        "delivery": _delivery(given),
        "enabled": not given["disabled"],
        "agentId": given["agent_id"],
        "sessionTarget": given["target"],
        "deleteAfterRun": False if given["keep"] else None,
    }
    return {name: value for name, value in job.items() if value is not None}


def _schedule(given: dict[str, Any]) -> dict[str, object]:
    tz = {"tz": given["tz"]} if given["tz"] else {}
    if given["at"]:
        return {"kind": "at", "at": given["at"], **tz}
    if given["every"]:
        return {"every": given["every"]}
    return {"kind": "cron", "expr": given["expr"], **tz, **({"staggerMs": 0} if given["exact"] else {})}


def _delivery(given: dict[str, Any]) -> dict[str, object]:
    if given["no_deliver"]:
        return {"mode": "none"}
    places = {name: given[name] for name in ("channel", "to") if given[name]}
    return {"mode": "webhook" if given["webhook"] else "announce", **places}


def _row(job: dict[str, Any]) -> dict[str, object]:
    state = job.get("state", {})
    return {**job, "when": told(job["schedule"]), "last": state.get("lastRunStatus")}


def told(schedule: dict[str, Any]) -> str:
    match schedule.get("kind"):
        case "at":
            return f"at {schedule['at']}"
        case "every":
            seconds = schedule["everyMs"] // 1000
            return f"every {seconds // 60} min" if seconds % 60 == 0 else f"every {seconds} s"
        case _:
            return " ".join(filter(None, (schedule.get("expr"), schedule.get("tz"))))

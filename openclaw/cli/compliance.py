"""`compliance`: why a text or call may leave or not, and the records that it rests on."""

import getpass
import hashlib
from pathlib import Path
from typing import Any

import click

from openclaw.cli.house import call
from openclaw.cli.tables import cell, print_json, print_table, printable

GATES = {"gate": "gate", "verdict": "outcome", "why": "code", "until": "until", "because": "because"}
RECORDS = {
    "at": "at",
    "kind": "kind",
    "whose": "subject",
    "channel": "channel",
    "by": "madeBy",
    "source": "source",
    "said": "said",
}
VERDICTS = {
    "at": "at",
    "id": "id",
    "channel": "channel",
    "to": "recipient",
    "verdict": "outcome",
    "gate": "gate",
    "why": "code",
    "until": "until",
    "times": "times",
}
PURPOSES = ("reply", "notice", "message", "owner", "api", "campaign", "optout_confirm", "help_reply")
KINDS = (
    "PEWC", "PEC", "inbound_initiated", "owner", "withdrawn", "opt_out", "do_not_call", "call_again", "takeover",
    "handback",
)  # fmt: skip
NOTE = "registration_unstated"
"""Nothing is wrong with such an answer, and its owner should know all the same."""
as_json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")
by_option = click.option("--by", default=getpass.getuser, show_default="you", help="Who answers for it.")


@click.group()
def compliance() -> None:
    """The checks before a text or call leaves."""


@compliance.command()
@click.argument("number")
@click.argument("text")
@click.option(
    "--purpose", type=click.Choice(PURPOSES), default="api", show_default=True, help="What it is sent for."
)
@click.option(
    "--channel",
    type=click.Choice(("sms", "voice", "salesmsg", "quo")),
    default="sms",
    show_default=True,
    help="By which it leaves.",
)
@click.option("--account", default="default", show_default=True, help="Which of your numbers it leaves from.")
@as_json_option
def explain(number: str, text: str, as_json: bool, **asked: str) -> None:
    """What each check says of TEXT to NUMBER now. Nothing is sent."""
    told = call("compliance.explain", {"to": number, "text": text, **asked})
    if as_json:
        print_json(told)
        return
    print_table(
        [_gate(each) for each in told["gates"]], GATES, empty="It is not checked: compliance.enabled is off."
    )
    for each in told["gates"] or [told]:
        if each["meaning"] and (each["outcome"] != "allow" or each["code"] == NOTE):
            click.echo(printable(f"  {each['code']}: {each['meaning']}"))
    why = f" by {told['gate']} ({told['code']})" if told["gate"] else ""
    until = f" until {cell(told['until'], 'at')}" if told["until"] else ""
    click.echo(printable(f"{told['to']}: {told['outcome']}{why}{until}"))


@compliance.command()
@click.argument("number", required=False)
@click.option("--kind", type=click.Choice(KINDS), help="What is recorded; without it the records are listed.")
@click.option("--source", help="Where they said so: a form's address, a keyword, a call.")
@click.option("--text", default="", help="What they agreed to, word for word.")
@click.option(
    "--evidence", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its hash is kept."
)
@click.option("--channel", default="all", show_default=True, help="Only for this one, sms for instance.")
@click.option("--timezone", help="Where they live, if they said so: America/Denver.")
@click.option("--state", help="The same: TX.")
@by_option
@as_json_option
def consent(number: str | None, kind: str | None, evidence: Path | None, as_json: bool, **given: Any) -> None:
    """What somebody has said about being written to, recorded with its evidence, or listed.

    PEWC is written consent, which marketing needs; PEC is any other; takeover keeps the assistant out of a
    conversation until handback. An opt-out is taken back by START from that very number alone.
    """
    if kind is None:
        _list(number, as_json=as_json)
        return
    if number is None:
        raise click.UsageError("whose? openclaw compliance consent NUMBER --kind … --source …")
    if not given["source"]:
        raise click.UsageError("--source is required: a record without it proves nothing")
    proof = _proof(evidence) if evidence is not None else {}
    done = call("compliance.consent", {"number": number, "kind": kind, **given, **proof})
    if as_json:
        print_json(done)
    else:
        click.echo(printable(f"{done['number']}: {done['kind']} is recorded ({done['id']})"))


@compliance.command()
@by_option
@click.option("--number", help="Of your numbers only this one.")
@click.option("--campaign", help="Not the registration, but a campaign of this name.")
@click.option("--note", default="", help="What you have checked.")
@as_json_option
def signoff(as_json: bool, **given: str | None) -> None:
    """Release your US numbers after their registration, or after they were refused as unregistered."""
    done = call("compliance.signoff", {key: value for key, value in given.items() if value is not None})
    if as_json:
        print_json(done)
    else:
        what = done["subject"] or "all numbers"
        click.echo(printable(f"{what}: {done['kind'].replace('_', ' ')} by {done['by']} ({done['id']})"))


@compliance.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@as_json_option
def log(limit: int, as_json: bool) -> None:
    """What the checks said of the last messages, newest first."""
    rows = call("compliance.verdicts", {"limit": limit})["verdicts"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, VERDICTS, empty="Nothing has been checked yet.")


def _list(number: str | None, *, as_json: bool) -> None:
    rows = call("compliance.records", {"number": number, "limit": 1000})["records"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, RECORDS, empty="Nothing is recorded.")


def _proof(evidence: Path) -> dict[str, str]:
    return {
        "evidenceSha256": hashlib.sha256(evidence.read_bytes()).hexdigest(),
        "evidenceName": evidence.name,
    }


def _gate(row: dict[str, Any]) -> dict[str, Any]:
    because = ", ".join(f"{name} {cell(value, name)}" for name, value in row["evidence"].items())
    return {**row, "because": because}

"""`security audit`: what lets in more than it should, and what narrows it."""

import click

from openclaw.cli.doctor import consulted
from openclaw.cli.findings import print_report


@click.group()
def security() -> None:
    """Who can do what, and what should be narrower."""


@security.command()
@click.option("--fix", is_flag=True, help="Narrow what can be narrowed without cutting anybody off.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def audit(*, fix: bool, as_json: bool) -> int:
    """Look over files, listeners, tokens, people, tools, models, skills and servers.

    Exits 0 when nothing stands open, 1 with warnings, 2 with errors.
    """
    from openclaw.doctor.audit.registry import AUDIT

    report = consulted(AUDIT, fix=fix, offline=True)
    return print_report(report, as_json=as_json, every=False, name="audit")

"""`assetmap retention`: what has been kept long enough, and clearing it once it is approved."""

import uuid

import click
from flask.cli import AppGroup

from assetmap import spatial
from assetmap.access import OPERATOR
from assetmap.cli.group import reads, writes
from assetmap.db import db
from assetmap.models import RetentionRun
from assetmap.register import retention as register
from assetmap.register import retention_doing
from assetmap.register.retention_sorts import SORTS

retention = AppGroup("retention", help="What has been kept long enough, and clearing it.")
SAID = {
    "planned": "waits for approval",
    "approved": "approved",
    "done": "done",
}


@retention.command("list")
@reads
def show() -> None:
    """Print the rules with what is due by each, and the latest plans and runs."""
    for line in register.overview(db.session, viewer=OPERATOR):
        rule, state = line.rule, "" if line.rule.is_active else "  (off)"
        said = f"{rule.action} {line.sort.many} {rule.months} months after {line.sort.since}"
        click.echo(f"{line.due[0]:>7,} due  {said}{state}")
    for run in register.runs(db.session, viewer=OPERATOR):
        _say(run)


@retention.command("plan")
@click.option(
    "--only", multiple=True, type=click.Choice(sorted(SORTS)), help="One sort of thing; repeatable."
)
@writes
def plan(only: tuple[str, ...]) -> None:
    """List what would go and change none of it. A data officer approves it on its page."""
    made = register.plan(db.session, viewer=OPERATOR, only=only)
    if not made:
        click.echo("Nothing new is due.")
    for run in made:
        _say(run)
    db.session.commit()


@retention.command("run")
@click.argument("uid", type=click.UUID, required=False)
@reads
def run(uid: uuid.UUID | None) -> None:
    """Carry out an approved plan; without a uid, all of them. Broken off, it goes on next time."""
    wanted = [uid] if uid else list(retention_doing.approved(db.session))
    db.session.rollback()
    if not wanted:
        click.echo("Nothing is approved and waiting.")
    for one in wanted:
        status = ""
        while status != "done":
            spatial.writing(db.session)
            done = retention_doing.carry_out_some(db.session, one, viewer=OPERATOR)
            status = done.status
            db.session.commit()
        _say(done)


def _say(run: RetentionRun) -> None:
    proof = f"  proof {run.proof}" if run.proof else ""
    counts = f"{run.done_count:,} of {run.due_count:,} {SORTS[run.entity].many}"
    click.echo(f"{run.uid}  {run.planned_at:%Y-%m-%d}  {SAID[run.status]}: {counts}{proof}")

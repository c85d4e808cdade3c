"""The page of what is kept how long: a plan, an approval with a reason, and the proof."""

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.cli.retention import retention
from assetmap.db import now
from assetmap.jobs import retention as jobs
from assetmap.models import Finding, RetentionRun, Team
from tests.make import commit, make_entry, make_user
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.pages import press, sign_in


def old_finding(session: Session, team: Team, title: str) -> Finding:
    finding = make_entry(session, "finding", team, title=title)
    finding.withdraw(now() - timedelta(days=1000), "Not ours")
    session.flush()
    assert isinstance(finding, Finding)
    return finding


def test_an_officer_plans_keeps_one_approves_the_rest_and_sees_the_proof(
    client: FlaskClient, session: Session, team: Team
) -> None:
    kept, gone = old_finding(session, team, "Kept one"), old_finding(session, team, "Lost one")
    officer = make_user(session, team, "data_officer", "officer@demo.example")
    commit()
    sign_in(client, officer)
    with counted() as sent:
        assert "1 due" not in client.get("/retention/").text
    assert len(sent) <= MOST_ON_A_PAGE, sent
    assert press(client, "/retention/plan", "/retention/").status_code == 303
    page = client.get("/retention/").text
    where = "/retention/" + page.partition('href="/retention/')[2].partition('"')[0]
    plan = client.get(where).text
    assert kept.ref in plan
    assert gone.ref in plan
    wrong = press(client, f"{where}/keep/{kept.uid}", where, because="", until="2001-01-01")
    assert wrong.status_code == 422
    until = (now() + timedelta(days=60)).date().isoformat()
    said = {"because": "For an inquest <b>", "until": until}
    assert press(client, f"{where}/keep/{kept.uid}", where, **said).status_code == 303
    assert press(client, f"{where}/approve", where, reason=" ").status_code == 422
    assert press(client, f"{where}/approve", where, reason="Two years are over").status_code == 303
    done = client.get(where).text
    assert 'class="proof"' in done
    assert "Two years are over" in done
    session.rollback()
    session.expire_all()
    assert (kept.title, gone.title) == ("Kept one", "A closed finding")
    assert "For an inquest &lt;b&gt;" in client.get("/retention/").text


def test_the_command_line_plans_and_carries_out_what_was_approved_and_nothing_else(
    app: Flask, session: Session, team: Team
) -> None:
    finding = old_finding(session, team, "Lost one")
    commit()
    told = app.test_cli_runner().invoke(retention, ["plan"]).output
    assert "waits for approval: 0 of 1 findings" in told
    assert "Nothing is approved" in app.test_cli_runner().invoke(retention, ["run"]).output
    session.rollback()
    session.expire_all()
    assert finding.title == "Lost one"
    assert "1 due" in app.test_cli_runner().invoke(retention, ["list"]).output


def test_the_daily_job_plans_by_itself_and_clears_nothing(
    app: Flask, session: Session, team: Team
) -> None:
    finding = old_finding(session, team, "Lost one")
    commit()
    for _ in range(2):
        jobs.plan(app)
    session.rollback()
    session.expire_all()
    (run,) = session.scalars(select(RetentionRun)).all()
    assert (run.status, run.due_count, run.planned_by_id) == ("planned", 1, None)
    assert finding.title == "Lost one"

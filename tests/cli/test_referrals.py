"""`assetmap referrals`, as typed, and the daily work."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.cli.referrals import referrals
from assetmap.db import db, now
from assetmap.jobs import tidying
from assetmap.models import Referral
from assetmap.register import referrals as register
from assetmap.schemas.referrals import HandOver
from tests.make import commit, make_referral, make_team, make_user, viewer_for

NOTHING = "content of 0, all that is left of 0"
ONE = "content of 1, all that is left of 0"


def run(app: Flask, *args: str) -> str:
    result = app.test_cli_runner().invoke(referrals, args)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def confirmed(session: Session) -> Referral:
    """One whose days are over."""
    team = make_team(session)
    officer = viewer_for(make_user(session, team, "approver"), team, "logger", "approver")
    made = make_referral(session, officer)
    given = HandOver(sent_to="Front desk", force_reference="F-1")
    register.send(session, made.uid, given, viewer=officer)
    made.purge_due_at = now() - timedelta(minutes=1)
    commit()
    return made


def test_what_is_due_is_said_then_purged_then_nothing_is_left_to_do(
    app: Flask, confirmed: Referral
) -> None:
    assert run(app, "rotate") == "Sealed 1 anew with the newest key.\n"
    assert run(app, "purge", "--dry-run") == f"Would purge {ONE}.\n"
    assert run(app, "purge") == f"Purged {ONE}.\n"
    assert run(app, "purge") == f"Purged {NOTHING}.\n"


def test_the_daily_work_purges_by_itself(app: Flask, confirmed: Referral) -> None:
    tidying.tidy(app)
    db.session.expire_all()
    assert db.session.scalars(select(Referral.status)).all() == ["purged"]

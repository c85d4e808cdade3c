"""`assetmap agreements`."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.db import db, now
from assetmap.jobs.agreements import warn
from assetmap.models import Letter, SharingAgreement
from tests.make import commit, make_agreement, make_partner, make_team, make_user

TODAY = now().date()


@pytest.fixture
def agreed(session: Session) -> SharingAgreement:
    """One that ends in 31 days, between two bodies with a data officer each."""
    partner = make_partner(session, "Alder Homes")
    theirs = make_team(session, "Theirs")
    theirs.partner_id = partner.id
    make_user(session, make_team(session, "Ours"), "data_officer", "ours@example.org")
    make_user(session, theirs, "data_officer", "theirs@example.org")
    make_user(session, theirs, "viewer", "nobody@example.org")
    made = make_agreement(session, partner, ends_on=TODAY + timedelta(days=31))
    commit()
    return made


def said(app: Flask, *typed: str) -> str:
    result = app.test_cli_runner().invoke(args=["agreements", *typed])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_list_tells_each_agreement_its_state_and_its_last_day(
    app: Flask, agreed: SharingAgreement
) -> None:
    assert said(app, "list") == (
        f"active   until {agreed.ends_on}  Working together"
        "  Who keeps this register → Alder Homes\n"
    )


def test_both_data_officers_are_told_once_at_each_threshold(
    app: Flask, session: Session, agreed: SharingAgreement
) -> None:
    assert said(app, "warn") == "Working together ends in 31 days: 2 told.\n"
    written = session.execute(select(Letter.email, Letter.subject).order_by(Letter.email)).all()
    subject = "A sharing agreement ends in 31 days"
    assert written == [("ours@example.org", subject), ("theirs@example.org", subject)]
    assert said(app, "warn") == ""
    warn(app)  # daily by itself; these have been told
    assert session.scalar(select(func.count()).select_from(Letter)) == 2
    for days, is_told in ((30, True), (8, False), (7, True), (1, False), (0, False), (-1, False)):
        row = db.session.get_one(SharingAgreement, agreed.id, populate_existing=True)
        row.ends_on, row.version = TODAY + timedelta(days=days), row.version + 1
        row.starts_on = min(row.starts_on, row.ends_on)
        commit()
        assert bool(said(app, "warn")) is is_told, days


def test_one_that_is_ended_or_not_signed_warns_nobody(
    app: Flask, session: Session, agreed: SharingAgreement
) -> None:
    agreed.signed_on = None
    agreed.version += 1
    commit()
    assert said(app, "warn") == ""

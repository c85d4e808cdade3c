"""What is kept long enough goes: planned, approved, carried out piece by piece, and proved."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Table, func, select, update
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import (
    AuditEntry,
    Entry,
    Finding,
    History,
    Proposal,
    RetentionItem,
    RetentionRun,
    SignInLink,
    Team,
)
from assetmap.register import audit_verifying, entries, officers, retention, retention_doing
from assetmap.register.retention_sorts import SORTS
from assetmap.register.search import search
from assetmap.register.sign_in import make_link
from assetmap.schemas.retention import Approval, KeepLonger, RetentionAction, RuleChange
from assetmap.schemas.search import EntrySearch
from tests.make import (
    commit,
    limited_to,
    make_entry,
    make_partner,
    make_team,
    make_user,
    viewer_for,
)

YES = Approval(reason="The two years are over.")
SECRET = "Mrs Ashdown at number 4"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def officer(session: Session, team: Team) -> Viewer:
    user = make_user(session, team, "data_officer", "officer@demo.example")
    return viewer_for(user, team, "data_officer")


def closed(session: Session, team: Team, months: int = 30) -> Finding:
    """A finding that was resolved so many months ago."""
    finding = make_entry(
        session,
        "finding",
        team,
        title=f"{SECRET} is worried",
        description=f"{SECRET} said so.",
        postcode="HU1 3UB",
    )
    partner = make_partner(session, f"Alder {finding.id}")
    said: dict[str, dict[str, Any]] = {
        "triaged": {},
        "assigned": {"partner_id": partner.id},
        "resolved": {"resolution": f"Saw {SECRET}."},
    }
    for status, more in said.items():
        entries.move(session, finding, status, viewer=OPERATOR, **more)
    table = cast(Table, Finding.__table__)
    then = now() - timedelta(days=30.5 * months)
    session.execute(
        update(Entry)
        .where(Entry.id == finding.id)
        .values(updated_at=then)
        .execution_options(synchronize_session=False)
    )
    session.execute(update(table).where(table.c.id == finding.id).values(resolved_at=then))
    commit()
    return session.get_one(Finding, finding.id, populate_existing=True)


def planned(session: Session, officer: Viewer, entity: str = "finding") -> RetentionRun:
    (run,) = retention.plan(session, viewer=officer, only=[entity])
    commit()
    return run


def done(session: Session, run: RetentionRun, officer: Viewer) -> RetentionRun:
    retention_doing.approve(session, run.uid, YES, viewer=officer)
    commit()
    while retention_doing.carry_out_some(session, run.uid, viewer=officer).status != "done":
        commit()
    commit()
    return run


def test_a_plan_lists_what_is_due_and_changes_none_of_it(
    session: Session, team: Team, officer: Viewer
) -> None:
    old, _ = closed(session, team), closed(session, team, months=20)
    make_entry(session, "finding", team)
    before = session.scalars(select(Entry.version).order_by(Entry.id)).all()
    run = planned(session, officer)
    (line,) = retention.items(session, run, viewer=officer)
    assert (line.ref, line.item.uid, run.due_count) == (old.ref, old.uid, 1)
    assert session.scalars(select(Entry.version).order_by(Entry.id)).all() == before
    with pytest.raises(Conflict):
        retention_doing.carry_out_some(session, run.uid, viewer=officer)
    lines = {line.rule.entity: line.due for line in retention.overview(session, viewer=officer)}
    assert lines["finding"] == (1, 1, 2)


def test_what_was_approved_loses_every_word_and_is_proved_and_on_the_audit(
    session: Session, team: Team, officer: Viewer
) -> None:
    old = closed(session, team)
    run = done(session, planned(session, officer), officer)
    session.expire_all()
    assert (run.done_count, run.approved_by_id) == (1, officer.user_id)
    assert run.proof == retention_doing.proof_of("finding", [(old.id, old.uid)])
    assert (old.title, old.description, old.postcode, old.created_by_id) == (
        "A closed finding", "", None, None,
    )  # fmt: skip
    assert old.status == "resolved"
    rows = session.scalars(select(History).where(History.entry_id == old.id)).all()
    assert all(row.changes == {} and not row.why for row in rows)
    assert not search(session, EntrySearch(text="Ashdown"), viewer=OPERATOR).hits
    actions = session.scalars(
        select(AuditEntry.action).where(AuditEntry.entity == "retention").order_by(AuditEntry.seq)
    ).all()
    assert actions == ["planned", "approved", "anonymised", "checked"]
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert last is not None
    assert last.details["proof"] == run.proof
    assert retention.plan(session, viewer=officer, only=["finding"]) == []


def test_a_run_that_was_broken_off_goes_on_and_one_that_is_done_does_nothing(
    session: Session, team: Team, officer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        cast(dict[str, Any], SORTS), "finding", replace(SORTS["finding"], at_once=1)
    )
    for _ in range(3):
        closed(session, team)
    run = planned(session, officer)
    retention_doing.approve(session, run.uid, YES, viewer=officer)
    commit()
    retention_doing.carry_out_some(session, run.uid, viewer=officer)
    commit()
    retention_doing.carry_out_some(session, run.uid, viewer=officer)
    session.rollback()  # broken off: nothing of this part was done
    run = retention.find(session, run.uid, viewer=officer)
    assert (run.status, run.done_count) == ("approved", 1)
    run = done(session, run, officer)
    proof, versions = run.proof, session.scalars(select(Entry.version)).all()
    retention_doing.carry_out_some(session, run.uid, viewer=officer)
    assert (run.done_count, run.proof) == (3, proof)
    assert session.scalars(select(Entry.version)).all() == versions


def test_what_is_no_longer_due_is_passed_over_and_what_a_person_keeps_is_kept(
    session: Session, team: Team, officer: Viewer
) -> None:
    reopened, needed, old = (closed(session, team) for _ in range(3))
    run = planned(session, officer)
    soon = KeepLonger(because="Needed for an inquest", until=now().date() + timedelta(days=90))
    retention_doing.keep(session, run.uid, needed.uid, soon, viewer=officer)
    commit()
    entries.move(session, reopened, "reopened", viewer=OPERATOR)
    commit()
    run = done(session, run, officer)
    assert (run.done_count, run.kept_count, run.passed_count) == (1, 1, 1)
    session.expire_all()
    assert [one.title.startswith(SECRET) for one in (reopened, needed, old)] == [True, True, False]
    (decided,) = retention.kept(session, viewer=officer)
    assert (decided.because, decided.uid) == ("Needed for an inquest", needed.uid)
    assert retention.plan(session, viewer=officer, only=["finding"]) == []
    late = KeepLonger(because="For ever", until=now().date() + timedelta(days=4000))
    other = closed(session, team)
    with pytest.raises(Invalid):
        retention_doing.keep(
            session, planned(session, officer).uid, other.uid, late, viewer=officer
        )


def test_the_oldest_rows_of_the_audit_are_cut_off_and_the_rest_is_whole(
    session: Session, team: Team, officer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = now() - timedelta(days=7 * 366)
    with monkeypatch.context() as patch:
        patch.setattr("assetmap.register.audit.now", lambda: long_ago)
        for _ in range(3):
            make_entry(session, "asset", team)
            commit()
    make_entry(session, "asset", team)
    commit()
    old = session.scalar(select(func.count()).where(AuditEntry.at <= long_ago))
    run = done(session, planned(session, officer, "audit"), officer)
    assert retention_doing.rows_gone(session, run) == old
    assert session.scalar(select(func.count()).where(AuditEntry.at <= long_ago)) == 0
    assert audit_verifying.verify(session).first_broken is None


def test_the_words_of_a_suggestion_go_a_year_after_it_was_answered(
    session: Session, team: Team, officer: Viewer
) -> None:
    hall = make_entry(session, "asset", team)
    usual = {"entry_id": hall.id, "kind": "asset", "about": "details", "base_version": 1}
    said = {"note": SECRET, "answer": SECRET, "changes": {"title": SECRET}}
    over = {"state": "refused", "answered_at": now() - timedelta(days=400)}
    session.add(Proposal(**usual, **said, **over))
    session.add(Proposal(**usual, **said, **over | {"answered_at": now() - timedelta(days=300)}))
    session.add(Proposal(**usual, **said, state="open", digest="d"))
    commit()
    run = planned(session, officer, "proposal")
    assert run.due_count == 1
    done(session, run, officer)
    session.expire_all()
    kept = session.scalars(select(Proposal).order_by(Proposal.id)).all()
    assert [(one.note, one.answer, one.changes) for one in kept] == [
        ("", "", {}),
        *2 * [(SECRET, SECRET, {"title": SECRET})],
    ]
    assert retention.plan(session, viewer=officer, only=["proposal"]) == []


def test_sign_in_links_go_a_month_after_they_expired(
    session: Session, team: Team, officer: Viewer
) -> None:
    user = make_user(session, team, "viewer", "old@demo.example")
    make_link(session, user, minutes=5)
    session.execute(update(SignInLink).values(expires_at=now() - timedelta(days=70)))
    make_link(session, make_user(session, team, "viewer", "new@demo.example"), minutes=5)
    commit()
    run = done(session, planned(session, officer, "sign_in_link"), officer)
    assert run.done_count == 1
    assert session.scalar(select(func.count()).select_from(SignInLink)) == 1


def test_only_a_data_officer_of_the_keeping_body_plans_approves_and_changes_rules(
    session: Session, team: Team, officer: Viewer
) -> None:
    closed(session, team)
    run = planned(session, officer)
    theirs = make_team(session, "Theirs")
    theirs.partner_id = make_partner(session, "Birch").id
    stranger = make_user(session, theirs, "data_officer", "stranger@demo.example")
    editor = make_user(session, team, "editor", "editor@demo.example")
    wrong = RuleChange(months=3, action=RetentionAction.ANONYMISE, is_active=True)
    refused = (
        viewer_for(stranger, theirs, "data_officer"),
        viewer_for(editor, team),
        limited_to(officer, team, "ward:E05000001"),
    )
    for viewer in refused:
        assert not officers.may_work(viewer)
        with pytest.raises(NotAllowed):
            retention.plan(session, viewer=viewer)
        with pytest.raises(NotAllowed):
            retention_doing.approve(session, run.uid, YES, viewer=viewer)
        with pytest.raises(NotAllowed):
            retention.change_rule(session, "finding", wrong, viewer=viewer)
    with pytest.raises(Invalid, match="6 to 60"):
        retention.change_rule(session, "finding", wrong, viewer=officer)
    longer = RuleChange(months=36, action=RetentionAction.ARCHIVE, is_active=True)
    retention.change_rule(session, "finding", longer, viewer=officer)
    assert retention.plan(session, viewer=officer, only=["finding"]) == []
    with pytest.raises(NotFound):  # the plan that was made by the old rule has gone
        retention.find(session, uuid.uuid4(), viewer=officer)


def test_the_daily_plan_leaves_a_fresh_one_and_an_approved_one_alone(
    session: Session, team: Team, officer: Viewer
) -> None:
    closed(session, team)
    run = planned(session, officer)
    assert retention.plan(session, viewer=OPERATOR, only=["finding"], but_fresh=True) == []
    retention_doing.approve(session, run.uid, YES, viewer=officer)
    commit()
    assert retention.plan(session, viewer=OPERATOR, only=["finding"]) == []
    assert session.scalars(select(RetentionItem.status)).all() == ["due"]

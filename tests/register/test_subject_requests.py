"""Somebody asks what is held of them: one search over everything, a clock, a look at each hit."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, Viewer, viewer_of
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed
from assetmap.models import AuditEntry, History, SubjectHit, SubjectRequest, Team, User
from assetmap.register import (
    person_reading,
    subject_requests,
    subject_review,
    subject_search,
)
from assetmap.register.months import months_after
from assetmap.register.subject_terms import Terms
from assetmap.schemas.subject_requests import (
    Extending,
    HitDecision,
    IdentityChecked,
    NewRequest,
    Pausing,
)
from tests.make import (
    commit,
    make_agreement,
    make_consent,
    make_entry,
    make_partner,
    make_person,
    make_team,
    make_user,
    viewer_for,
)

NAME, EMAIL, PHONE = "Mélanie O'Hara", "melanie.ohara@mail.example", "+44 1632 960 123"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def officer(session: Session, team: Team) -> Viewer:
    user = make_user(session, team, "data_officer", "officer@demo.example")
    return viewer_for(user, team, "data_officer", "editor")


def asked(session: Session, officer: Viewer, kind: str = "access") -> SubjectRequest:
    said = {"kind": kind, "name": NAME, "email": EMAIL, "phone": PHONE}
    new = NewRequest.model_validate(said | {"received_on": now().date()})
    return subject_requests.log(session, new, viewer=officer)


def searched(session: Session, request: SubjectRequest, officer: Viewer) -> list[SubjectHit]:
    subject_requests.check_identity(session, request, IdentityChecked(how="ID"), viewer=officer)
    subject_requests.begin_search(session, request, viewer=officer)
    subject_search.run(session, request, viewer=officer)
    commit()
    return list(session.scalars(select(SubjectHit).order_by(SubjectHit.id)))


def scattered(session: Session, team: Team) -> User:
    """Somebody who is all over the register."""
    user = make_user(session, team, "logger", EMAIL)
    user.name = NAME
    hall = make_entry(
        session,
        "asset",
        team,
        title="St Mary's hall",
        description="Ask MÉLANIE  O'HARA or pat@other.example.",
        phone="01632 960123",
        email=EMAIL.upper(),
    )
    changes = {"notes": [f"{NAME} has the key", "Nobody has it"]}
    session.add(History(entry_id=hall.id, version=99, verb="changed", changes=changes))
    make_entry(session, "asset", team, title="Planning melanie", description="nothing of hers")
    person = make_person(session, team, at=hall, name=NAME, email=EMAIL, phone="01632 960 123")
    other = make_person(session, team, name="Pat Example", email="pat@other.example")
    other.notes = f"Married to {NAME}, phone (01632) 960-123"
    make_consent(session, person)
    commit()
    return user


def test_one_search_finds_a_person_in_accounts_contacts_entries_histories_and_notes(
    session: Session, team: Team, officer: Viewer
) -> None:
    scattered(session, team)
    hits = searched(session, asked(session, officer), officer)
    places = {hit.place for hit in hits}
    assert places >= {
        *("app_user", "person", "person.notes", "entry.description", "asset.phone", "asset.email"),
        *("history.changes", "audit"),
    }
    texts = {hit.place: hit.text for hit in hits}
    assert "logger in Riverside team" in texts["app_user"]
    assert "engagement invite by email" in texts["person"]
    assert not any("Planning melanie" in hit.text for hit in hits)
    last = session.scalars(select(AuditEntry).where(AuditEntry.action == "searched")).one()
    told = f"{last.details}{last.fields}{last.purpose}"
    assert "anie" not in told
    assert "960" not in told


def test_a_package_says_who_keeps_a_contact_and_which_bodies_an_agreement_showed_it_to(
    session: Session, team: Team, officer: Viewer
) -> None:
    police, homes = (
        make_partner(session, "Alder Valley Police", kind="police"),
        make_partner(session),
    )
    beat, repairs = make_team(session, "Beat team"), make_team(session, "Repairs")
    beat.partner_id, repairs.partner_id = police.id, homes.id
    make_agreement(session, homes, police, fields=["contact"], title="Who to ring")
    hall = make_entry(session, "asset", beat, visibility="partner")
    person = make_person(session, beat, at=hall, name=NAME, email=EMAIL)
    make_consent(session, person, "sharing", controllers=["Alder Valley Police"])
    reader = make_user(session, repairs, "viewer", "reader@homes.example")
    commit()
    person_reading.find(session, person.uid, viewer=viewer_of(session, reader.id))
    commit()
    texts = {hit.place: hit.text for hit in searched(session, asked(session, officer), officer)}
    assert "kept by: Beat team (Alder Valley Police)" in texts["person"]
    assert ", to Alder Valley Police; told:" in texts["person"]
    assert "of those Alder Homes, under “Who to ring”: read: 1," in texts["audit"]


def test_a_phone_number_on_their_own_record_is_not_taken_for_somebody_else_s(
    session: Session, team: Team, officer: Viewer
) -> None:
    person = make_person(session, team, name=NAME, email=EMAIL, phone="01632 960 777")
    person.notes = "Or ring her sister on 01632 960 888"
    commit()
    hits = searched(session, asked(session, officer), officer)
    record = next(hit for hit in hits if hit.place == "person")
    assert "phone: 01632 960 777" in record.text
    assert subject_review.shown(record).suggested == "01632 960 888"


def test_a_search_reads_every_table_to_its_end_however_many_rows_only_look_so(
    session: Session, team: Team, officer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        make_entry(session, "asset", team, description=f"Annual leek fair {number}")
    make_entry(session, "asset", team, description="Ask Ann\u2011Lee Wu about it")
    request = asked(session, officer)
    request.name = "Ann-Lee Wu"
    monkeypatch.setattr(subject_search, "AT_ONCE", 2)
    found = [hit.text for hit in searched(session, request, officer)]
    assert found == ["Ask Ann\u2011Lee Wu about it"]


def test_what_is_about_others_is_blacked_out_and_stays_so_when_searched_again(
    session: Session, team: Team, officer: Viewer
) -> None:
    scattered(session, team)
    request = asked(session, officer)
    hits = searched(session, request, officer)
    described = next(hit for hit in hits if hit.place == "entry.description")
    shown = subject_review.shown(described)
    assert shown.suggested == "pat@other.example"
    assert [piece.text for piece in shown.pieces if piece.how == "them"] == ["MÉLANIE  O'HARA"]
    hide = HitDecision(decision="include", hide="pat@other.example")
    with pytest.raises(Conflict, match="left"):
        subject_review.package(session, request)
    wrong = HitDecision(decision="include", hide="Mallory")
    with pytest.raises(Invalid, match="not in the text"):
        subject_review.decide(session, request, described.id, wrong, viewer=officer)
    subject_review.decide(session, request, described.id, hide, viewer=officer)
    for hit in hits:
        if hit.place == "person.notes":
            left = HitDecision(decision="leave_out", why="About somebody else's marriage")
            subject_review.decide(session, request, hit.id, left, viewer=officer)
    subject_requests.begin_search(session, request, viewer=officer)
    subject_search.run(session, request, viewer=officer)
    subject_review.include_rest(session, request, viewer=officer)
    package = subject_review.package(session, request)
    assert package["left_out"] == 1
    said = [one["text"] for one in package["found"] if one["field"] == "description"]
    assert said == [f"Ask MÉLANIE  O'HARA or {subject_review.BLACK}."]
    assert "marriage" not in str(package)


def test_the_clock_is_a_calendar_month_stands_while_we_wait_and_is_extended_once(
    session: Session, officer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2026, 1, 31)
    moment, today = now().replace(year=2026, month=1, day=31), day
    monkeypatch.setattr("assetmap.register.subject_requests.now", lambda: moment + (today - day))
    request = asked_on(session, officer, day)
    assert subject_requests.clock(request, day).due_on == date(2026, 2, 28)
    today = date(2026, 2, 10)
    subject_requests.pause(session, request, Pausing(waiting_for="identity"), viewer=officer)
    assert request.status == "identity_check"
    today = date(2026, 2, 15)
    assert subject_requests.clock(request, today).is_paused
    subject_requests.check_identity(session, request, IdentityChecked(how="ID"), viewer=officer)
    assert subject_requests.clock(request, today).due_on == date(2026, 3, 5)
    subject_requests.extend(session, request, Extending(why="Many records"), viewer=officer)
    assert subject_requests.clock(request, today).due_on == date(2026, 5, 5)
    with pytest.raises(Conflict):
        subject_requests.extend(session, request, Extending(why="Again"), viewer=officer)
    today = date(2026, 5, 6)
    assert subject_requests.clock(request, today).is_late
    with pytest.raises(Conflict, match="running already"):
        subject_requests.resume(session, request, viewer=officer)


def asked_on(session: Session, officer: Viewer, day: date) -> SubjectRequest:
    new = NewRequest.model_validate({"kind": "access", "name": NAME, "received_on": day})
    return subject_requests.log(session, new, viewer=officer)


def test_nothing_is_searched_before_we_know_that_it_is_them_and_by_nobody_else(
    session: Session, team: Team, officer: Viewer
) -> None:
    request = asked(session, officer)
    with pytest.raises(Conflict, match="make sure"):
        subject_requests.begin_search(session, request, viewer=officer)
    editor = viewer_for(make_user(session, team), team)
    with pytest.raises(NotAllowed):
        subject_requests.to_change(session, request.uid, viewer=editor)
    with pytest.raises(NotAllowed):
        subject_requests.every(session, viewer=editor)
    with pytest.raises(Invalid):
        asked_on(session, OPERATOR, now().date() + timedelta(days=2))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-30, 30))
def test_a_month_later_is_the_same_day_or_the_month_s_last(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("text", "is_theirs"),
    [
        ("Ring 01632 960123 now", True),
        ("(+44) 1632-960-123", True),
        ("0044 1632 960 123", True),
        ("101632960123", False),
        ("O'Hara, Mélanie", True),
        ("mélanie\n o'hara", True),
        ("Mélanie O'Haras", False),
        ("xmelanie.ohara@mail.example", False),
        ("<MELANIE.OHARA@MAIL.EXAMPLE>", True),
        ("Mélanie O\u2019Hara", True),
        ("melanie.ohara@mail.example.", True),
        ("melanie.ohara@mail.example.org", False),
    ],
)
def test_what_is_theirs_is_told_from_what_only_looks_so(text: str, is_theirs: bool) -> None:
    assert bool(Terms(NAME, EMAIL, PHONE).spans(text)) is is_theirs

"""Erasing somebody: their identity is gone from every table, the register is whole."""

import json
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, Viewer
from assetmap.db import Model, now
from assetmap.errors import Conflict, Invalid
from assetmap.formats import csv, xlsx
from assetmap.models import (
    Asset,
    AuditEntry,
    Consent,
    Entry,
    Person,
    SubjectHit,
    SubjectRequest,
    Suppression,
    Team,
    User,
)
from assetmap.outside.import_folder import ImportFolder
from assetmap.register import (
    audit_verifying,
    contacting,
    deployment,
    erasing,
    persons,
    retention,
    retention_doing,
    subject_requests,
    subject_review,
    subject_search,
    suppressions,
)
from assetmap.register.person_access import visible_people
from assetmap.register.retention_sorts import SORTS
from assetmap.register.search import search
from assetmap.schemas.retention import Approval
from assetmap.schemas.search import EntrySearch
from assetmap.schemas.subject_requests import HitDecision
from assetmap.vocabulary import ContactChannel, ContactPurpose
from tests.make import commit, make_consent, make_person, make_team, make_user, viewer_for
from tests.register.test_subject_requests import (
    EMAIL,
    NAME,
    PHONE,
    asked,
    scattered,
    searched,
)


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def officer(session: Session, team: Team) -> Viewer:
    user = make_user(session, team, "data_officer", "officer@demo.example")
    return viewer_for(user, team, "data_officer", "editor")


def everything(session: Session) -> str:
    """Every row of every table, as one text."""
    session.expire_all()
    found = []
    for table in Model.metadata.sorted_tables:
        for row in session.execute(table.select()):
            found += [
                json.dumps(cell, ensure_ascii=False, default=str)
                for cell in row
                if isinstance(cell, str | list | dict)
            ]
    return "\n".join(found).casefold()


def files_of_imports(session: Session) -> list[ImportFolder]:
    """What two imports keep: nothing of theirs uploaded in one, and a workbook with them in it."""
    folders = [ImportFolder.of(deployment.instance(session), uuid.uuid4()) for _ in range(2)]
    row = {"row": 1, "reason": "No place", "title": "Mill\nHall", "notes": "Key at 4"}
    for folder in folders:
        folder.path.mkdir(parents=True)
        folder.upload.write_text("title\nMill Hall\n")
        rows = [row, row | {"row": 2, "notes": f"Ring {PHONE}"}] if folder is folders[1] else [row]
        names = ["row", "reason", "title", "notes"]
        (folder.path / "refused.csv").write_bytes(b"".join(csv.write(rows, names)))
        folder.say("preview", {"samples": [{"title": NAME}]} if folder is folders[1] else {})
    folders[1].upload.write_bytes(xlsx.write([{"title": NAME}], ["title"]))
    return folders


def theirs(session: Session, officer: Viewer, kind: str) -> SubjectRequest:
    """A request of which all that was found is theirs, Pat's contact record aside."""
    request = asked(session, officer, kind)
    searched(session, request, officer)
    subject_review.include_rest(session, request, viewer=officer)
    commit()
    return request


def test_after_an_erasure_no_table_holds_their_name_address_or_phone(
    session: Session, team: Team, officer: Viewer
) -> None:
    user = scattered(session, team)
    session.execute(update(Entry).values(created_by_id=user.id))
    commit()
    agreed = session.scalar(select(func.count()).select_from(Consent))
    hall = session.scalars(select(Asset).where(Asset.title == "St Mary's hall")).one()
    request = theirs(session, officer, "erasure")
    folders = files_of_imports(session)
    done = erasing.carry_out(session, request, viewer=officer)
    with pytest.raises(Conflict, match="once"):
        erasing.carry_out(session, request, viewer=officer)
    commit()
    erasing.clear_away(session, done)
    kept = [sorted(one.name for one in folder.path.iterdir()) for folder in folders]
    assert kept == [["preview.json", "refused.csv", "upload"], ["preview.json", "refused.csv"]]
    aside = [(folder.path / "refused.csv").read_bytes().decode("utf-8-sig") for folder in folders]
    others = 'row,reason,title,notes\r\n1,No place,"Mill\nHall",Key at 4\r\n'
    assert aside == [others, others]
    assert folders[1].said("preview") == {"samples": [{"title": "[erased]"}]}
    subject_requests.mark_sent(session, request, viewer=officer)
    subject_requests.close(session, request, f"Told {NAME}", viewer=officer)
    commit()
    left = everything(session)
    for said in ("hara", "mélanie o", EMAIL, "1632960123", "1632 960123", "960 123", "960-123"):
        assert said.casefold() not in left, said
    assert (user.name, user.is_active) == ("A former member", False)
    assert hall.created_by_id == user.id
    assert hall.description == "Ask [erased] or pat@other.example."
    assert (hall.phone, hall.email, hall.phone_digits) == ("", "", "")
    assert not search(session, EntrySearch(text="O'Hara"), viewer=OPERATOR).hits
    assert session.scalar(select(func.count()).select_from(Consent)) == agreed
    assert {one.reason for one in session.scalars(select(Suppression))} == {"erased"}
    with pytest.raises(Invalid, match="asked to be taken out"):
        make_person(session, team, name="New Name", email=EMAIL)
    assert audit_verifying.verify(session).first_broken is None
    acted = session.scalars(select(AuditEntry.actor_id).where(AuditEntry.action == "erased"))
    assert set(acted) == {officer.user_id}
    searched_again = asked(session, officer)
    searched_again.identity_on = now().date()
    subject_requests.begin_search(session, searched_again, viewer=officer)
    assert subject_search.run(session, searched_again, viewer=officer) == 0


def test_an_erasure_blanks_what_a_search_for_another_request_has_copied(
    session: Session, team: Team, officer: Viewer
) -> None:
    scattered(session, team)
    other = theirs(session, officer, "restriction")
    erasing.carry_out(session, other, viewer=officer)
    erasing.carry_out(session, theirs(session, officer, "erasure"), viewer=officer)
    copies = session.scalars(select(SubjectHit).where(SubjectHit.request_id == other.id)).all()
    assert copies
    for copy in copies:
        assert not any(words in copy.text for words in (NAME, EMAIL, PHONE)), copy.place
    assert erasing.lift(session, other, viewer=officer) == 0  # they are of nobody now


def test_what_is_left_out_is_somebody_else_s_and_stays(
    session: Session, team: Team, officer: Viewer
) -> None:
    scattered(session, team)
    request = asked(session, officer, "erasure")
    for hit in searched(session, request, officer):
        if hit.place == "entry.description":
            namesake = HitDecision(decision="leave_out", why="Another of that name")
            subject_review.decide(session, request, hit.id, namesake, viewer=officer)
    with pytest.raises(Conflict, match="left"):
        erasing.carry_out(session, request, viewer=officer)
    subject_review.include_rest(session, request, viewer=officer)
    erasing.carry_out(session, request, viewer=officer)
    commit()
    session.expire_all()
    hall = session.scalars(select(Asset).where(Asset.title == "St Mary's hall")).one()
    assert "O'HARA" in hall.description
    assert session.scalars(select(SubjectHit)).all() == []


def test_nobody_erases_the_last_administrator_or_themselves(
    session: Session, team: Team, officer: Viewer
) -> None:
    make_user(session, team, "admin", EMAIL).name = NAME
    commit()
    request = theirs(session, officer, "erasure")
    with pytest.raises(Conflict, match="no administrator"):
        erasing.carry_out(session, request, viewer=officer)


def test_an_objection_stops_every_message_and_a_restriction_hides_until_it_is_lifted(
    session: Session, team: Team, officer: Viewer
) -> None:
    person = make_person(session, team, name=NAME, email=EMAIL, phone=PHONE)
    make_consent(session, person)
    commit()
    editor = viewer_for(make_user(session, team), team)
    invite = ContactPurpose.ENGAGEMENT_INVITE, ContactChannel.EMAIL
    assert contacting.may_contact(session, person.uid, *invite, viewer=editor).allowed
    request = theirs(session, officer, "restriction")
    erasing.carry_out(session, request, viewer=officer)
    commit()
    due = select(retention.due_by(SORTS["contact"], now() + timedelta(days=3000)).subquery())
    assert session.execute(due).all() == []  # whoever has it left alone may need it
    listed = select(Person.id).where(visible_people(editor))
    assert session.scalars(listed).all() == []
    assert not contacting.may_contact(session, person.uid, *invite, viewer=editor).allowed
    with pytest.raises(Conflict, match="settled"):
        subject_requests.close(session, request, "Settled", viewer=officer)
    erasing.lift(session, request, viewer=officer)
    subject_requests.close(session, request, "Settled", viewer=officer)
    assert session.scalars(listed).all() == [person.id]
    assert len(session.execute(due).all()) == 1
    request = theirs(session, officer, "objection")
    erasing.carry_out(session, request, viewer=officer)
    commit()
    assert person.do_not_contact
    assert not contacting.may_contact(session, person.uid, *invite, viewer=editor).allowed


def test_what_two_requests_leave_alone_stays_so_until_both_are_settled(
    session: Session, team: Team, officer: Viewer
) -> None:
    person = make_person(session, team, name=NAME, email=EMAIL, phone=PHONE)
    commit()
    both = [theirs(session, officer, "restriction") for _ in range(2)]
    for request in both:
        erasing.carry_out(session, request, viewer=officer)
    commit()
    for request, is_free in zip(both, (False, True), strict=True):
        erasing.lift(session, request, viewer=officer)
        subject_requests.close(session, request, "Settled", viewer=officer)
        commit()
        assert (person.restricted_at is None) is is_free


def test_contacts_go_two_years_after_the_last_of_it_and_their_evidence_six_years_later(
    session: Session, team: Team, officer: Viewer
) -> None:
    old = make_person(session, team, name=NAME, email=EMAIL)
    make_consent(session, old)
    running = make_person(session, team, name="Still Agreed", email="still@people.example")
    make_consent(session, running)
    commit()
    long_ago = now() - timedelta(days=1000)
    session.execute(update(Person).values(updated_at=long_ago))
    commit()
    assert retention.plan(session, viewer=officer, only=["contact"]) == []
    lapsed = make_person(session, team, name="Nobody Since", email="lapsed@people.example")
    commit()
    session.execute(update(Person).where(Person.id == lapsed.id).values(updated_at=long_ago))
    commit()
    assert carried_out(session, officer, "contact") == 1
    session.expire_all()
    assert (lapsed.name, lapsed.erased_at is None, old.name) == ("", False, NAME)
    assert session.scalars(select(Suppression)).all() == []
    make_person(session, team, name="Nobody Since", email="lapsed@people.example")


def carried_out(session: Session, officer: Viewer, entity: str) -> int:
    (run,) = retention.plan(session, viewer=officer, only=[entity])
    retention_doing.approve(session, run.uid, Approval(reason="Two years"), viewer=officer)
    retention_doing.carry_out_some(session, run.uid, viewer=officer)
    commit()
    assert run.status == "done"
    return run.done_count


def test_what_an_erased_contact_agreed_to_is_let_go_of_six_years_after_it_ended(
    session: Session, team: Team, officer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_person(session, team, name=NAME, email=EMAIL)
    make_consent(session, person)
    commit()
    erasing.carry_out(session, theirs(session, officer, "erasure"), viewer=officer)
    commit()
    assert retention.plan(session, viewer=officer, only=["consent"]) == []
    later = now() + timedelta(days=9 * 366)
    monkeypatch.setattr("assetmap.register.retention.now", lambda: later)
    assert carried_out(session, officer, "consent") == 1
    assert session.scalars(select(Consent)).all() == []
    assert session.scalar(select(func.count()).select_from(Person)) == 1
    assert session.scalar(select(func.count()).select_from(User)) == 1


def test_an_objection_also_reaches_the_address_of_somebody_taken_out_before(
    session: Session, team: Team, officer: Viewer
) -> None:
    person = make_person(session, team, name=NAME, email="old@mail.example")
    persons.withdraw(session, person, viewer=OPERATOR, why="Has left")
    request = theirs(session, officer, "objection")
    assert erasing.carry_out(session, request, viewer=officer).contacts == 1
    listed = suppressions.of(session, suppressions.hashes_of(session, person))
    assert [one.reason for some in listed.values() for one in some] == ["objection"]

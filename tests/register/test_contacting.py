"""May somebody be contacted: one place decides, and a stop holds from the moment it is said."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from time import sleep
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import db, now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Consent, Person, Suppression, Team
from assetmap.register import (
    consents,
    contacting,
    person_access,
    persons,
    subject_requests,
    suppressions,
)
from assetmap.register.contacting import Decision, may_contact, may_contact_all
from assetmap.register.subject_terms import Terms
from assetmap.schemas.subject_requests import NewRequest
from assetmap.settings import LOCAL
from assetmap.vocabulary import ContactChannel, ContactPurpose, SuppressionReason
from tests import make
from tests.queries import counted

INVITE, PROMOTION = ContactPurpose.ENGAGEMENT_INVITE, ContactPurpose.PROMOTION
EMAIL, SMS, POST = ContactChannel.EMAIL, ContactChannel.SMS, ContactChannel.POST


def may(session: Session, person: Person, **more: Any) -> Decision:
    return may_contact(session, person.uid, INVITE, EMAIL, viewer=OPERATOR, **more)


def test_nobody_is_contacted_for_what_they_have_not_agreed_to_or_after_it_ran_out(
    session: Session,
) -> None:
    person = make.make_person(session, make.make_team(session))
    assert may(session, person).rule == "none"
    make.make_consent(session, person)
    assert may(session, person)
    by_text = may_contact(session, person.uid, INVITE, SMS, viewer=OPERATOR)
    assert by_text.rule == "no_address"
    assert may_contact(session, person.uid, PROMOTION, EMAIL, viewer=OPERATOR).rule == "none"
    later = may(session, person, on=now() + timedelta(days=3 * 366))
    assert later.rule == "expired"
    assert later.why == "What they agreed to has run out. Ask them again."
    assert may_contact(session, person.uid, INVITE, EMAIL, viewer=PUBLIC).rule == "unseen"


def test_consent_withdrawn_at_t_stops_what_was_queued_before_t(session: Session) -> None:
    person = make.make_person(session, make.make_team(session))
    make.make_consent(session, person)
    queued_at = now()

    def still() -> Decision:
        return contacting.still_may_contact(
            session, person.uid, INVITE, EMAIL, queued_at=queued_at, viewer=OPERATOR
        )

    assert still()
    (given_,) = consents.of(session, person)
    link = consents.link_token(session, given_)
    consents.withdraw_by_link(session, link)
    consents.withdraw_by_link(session, link)  # pressed twice is once
    assert [row.withdraws_id for row in consents.of(session, person)] == [None, given_.id]
    assert still().rule == may(session, person).rule == "suppressed"
    make.make_consent(session, person)  # they change their minds
    assert may(session, person)
    assert still().rule == "stopped_since"


def test_a_withdrawal_holds_for_everybody_who_keeps_the_same_address(session: Session) -> None:
    one = make.make_person(session, make.make_team(session), email="Same@People.example")
    two = make.make_person(session, make.make_team(session, "Others"), email="same@people.example")
    for person in (one, two):
        make.make_consent(session, person)
        assert may(session, person)
    assert consents.withdraw(session, one, INVITE, EMAIL, viewer=OPERATOR) == 1
    assert may(session, two).rule == "suppressed"


def test_who_said_stop_elsewhere_stops_nobody_with_another_address(session: Session) -> None:
    ours, theirs = make.make_team(session), make.make_team(session, "Others")
    shown = make.make_person(session, ours, email="shown@people.example")
    one = make.make_person(session, ours, email="same@people.example")
    two = make.make_person(session, theirs, email="same@people.example")
    for person in (shown, one, two):
        make.make_consent(session, person, "sharing")

    def agreed() -> set[int]:
        rule = person_access.agreed_to(ContactPurpose.SHARING, now())
        return set(session.scalars(select(Person.id).where(rule)))

    assert agreed() == {shown.id, one.id, two.id}
    consents.withdraw(session, one, ContactPurpose.SHARING, EMAIL, viewer=OPERATOR)
    assert agreed() == {shown.id}
    one.do_not_contact = True
    make.make_consent(session, two, "sharing")
    assert agreed() == {shown.id}


def test_a_forged_or_broken_link_withdraws_nothing(session: Session) -> None:
    person = make.make_person(session, make.make_team(session))
    make.make_consent(session, person)
    (row,) = consents.of(session, person)
    token = consents.link_token(session, row)
    assert str(row.uid) not in token
    assert person.email not in token
    forged = ("A" if token[0] != "A" else "B") + token[1:]
    for wrong in (forged, token[:-2], token + "A", "", "é", "x" * 500):
        with pytest.raises(NotFound):
            consents.withdraw_by_link(session, wrong)
    assert may(session, person)


def test_the_ground_must_be_one_that_the_law_allows(session: Session) -> None:
    person = make.make_person(
        session, make.make_team(session)
    )  # of the body that keeps the register
    with pytest.raises(Invalid, match="public body"):
        make.make_consent(session, person, lawful_basis="legitimate_interests")
    with pytest.raises(Invalid, match="always needs their consent"):
        make.make_consent(session, person, "promotion", lawful_basis="public_task")
    make.make_consent(session, person, "promotion", "post", lawful_basis="public_task")
    assert may_contact(session, person.uid, PROMOTION, POST, viewer=OPERATOR)
    charity = make.make_partner(session, "Voluntary Action", kind="vcs")
    team = make.make_team(session, "Volunteers")
    team.partner_id = charity.id
    theirs = make.make_person(session, team, email="jo@people.example")
    make.make_consent(session, theirs, lawful_basis="legitimate_interests")
    assert may(session, theirs)
    charity.kind = "council"  # what was lawful for the charity is not for a public body
    session.flush()
    assert may(session, theirs).rule == "ground"


def test_consent_that_is_older_than_a_withdrawal_is_refused(session: Session) -> None:
    person = make.make_person(session, make.make_team(session))
    make.make_consent(session, person)
    consents.withdraw(session, person, INVITE, EMAIL, viewer=OPERATOR)
    yesterday = now().date() - timedelta(days=1)
    with pytest.raises(Invalid, match="said stop since"):
        make.make_consent(session, person, given_on=yesterday)
    with pytest.raises(Invalid, match="not come yet"):
        make.make_consent(session, person, given_on=now().date() + timedelta(days=1))


def test_a_day_is_the_one_on_the_clock_on_the_wall_also_in_summer_after_midnight(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make.make_person(session, make.make_team(session))
    past_midnight = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # half past twelve on the 2nd
    for one in (consents, subject_requests):
        monkeypatch.setattr(one, "now", lambda: past_midnight)
    make.make_consent(session, person, given_on=date(2026, 7, 2))
    asked = {"kind": "access", "name": "Pat", "email": "pat@people.example"}
    new = NewRequest.model_validate(asked | {"received_on": date(2026, 7, 2)})
    assert subject_requests.log(session, new, viewer=OPERATOR).received_on == date(2026, 7, 2)
    with pytest.raises(Invalid, match="not come yet"):
        make.make_consent(session, person, given_on=date(2026, 7, 3))


@pytest.mark.parametrize(
    "on", [date(2026, 10, 25), date(2026, 10, 26), date(2027, 3, 28), date(2027, 3, 29)]
)
def test_what_somebody_agreed_to_ends_at_midnight_by_the_clock_on_the_wall_also_in_summer(
    session: Session, monkeypatch: pytest.MonkeyPatch, on: date
) -> None:
    monkeypatch.setattr(consents, "now", lambda: datetime(2026, 10, 20, 12, tzinfo=UTC))
    person = make.make_person(session, make.make_team(session))
    make.make_consent(session, person, expires_on=on)
    midnight = datetime(on.year, on.month, on.day, tzinfo=LOCAL)
    moment = timedelta(seconds=1)
    assert may(session, person, on=midnight.astimezone(UTC) - moment)
    assert may(session, person, on=midnight.astimezone(UTC)).rule == "expired"
    at = midnight.astimezone(UTC) - moment
    query = select(Person.id).where(person_access.agreed_to(INVITE, at))
    assert session.scalar(query) == person.id


def test_two_who_write_down_the_same_address_at_once_make_one_person_of_it(
    app: Flask, session: Session
) -> None:
    team_id, ready, said = make.make_team(session).id, Barrier(2), list[str]()
    session.commit()

    def add() -> None:
        with app.app_context():
            ready.wait(60)
            spatial.writing(db.session)
            try:
                team = db.session.get_one(Team, team_id)
                make.make_person(db.session, team, email="both@people.example")
                sleep(0.05)  # the other has asked by now whether there is one
                db.session.commit()
                said.append("added")
            except Invalid as error:
                db.session.rollback()
                said.append(error.problems["email"])

    threads = [Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["Your team has somebody with this address already.", "added"]


def test_only_a_data_officer_lifts_do_not_contact(session: Session) -> None:
    team = make.make_team(session)
    editor = make.viewer_for(make.make_user(session, team), team)
    officer = make.viewer_for(
        make.make_user(session, team, "data_officer", "officer@demo.example"), team, "data_officer"
    )
    person = make.make_person(session, team)
    make.make_consent(session, person)
    persons.stop(session, person, viewer=editor)
    assert may(session, person).rule == "do_not_contact"
    with pytest.raises(Conflict):
        make.make_consent(session, person, viewer=editor)
    with pytest.raises(NotAllowed):
        persons.start_again(session, person, viewer=editor)
    persons.start_again(session, person, viewer=officer)
    assert may(session, person)


def test_whoever_was_erased_is_not_written_down_again(session: Session) -> None:
    team = make.make_team(session)
    gone = make.make_person(session, team, phone="+44 1632 960123")
    persons.put_on_the_list(session, gone, SuppressionReason.ERASED)
    with pytest.raises(Invalid, match="Only they can ask"):
        make.make_person(session, team, email="", phone="01632 960 123")


ACTS = ("stop", "objection", "erased", "withdraw", "agree", "take out")


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=some.lists(some.sampled_from(ACTS), min_size=1, max_size=6))
def test_do_not_contact_and_the_list_win_whatever_was_agreed_and_in_whatever_order(
    session: Session, acts: list[str]
) -> None:
    with session.begin_nested() as undone:
        person = make.make_person(session, make.make_team(session))
        make.make_consent(session, person)
        barred, agreed = False, True
        for act in acts:
            if not person.is_live or (act == "agree" and person.do_not_contact):
                continue
            match act:
                case "stop":
                    persons.stop(session, person, viewer=OPERATOR)
                case "objection" | "erased":
                    persons.put_on_the_list(session, person, SuppressionReason(act))
                case "withdraw":
                    consents.withdraw(session, person, INVITE, EMAIL, viewer=OPERATOR)
                case "take out":
                    persons.withdraw(session, person, viewer=OPERATOR, why="Moved away")
                case _:
                    make.make_consent(session, person)
            barred = barred or act in ("stop", "objection", "erased", "take out")
            agreed = act == "agree" or (agreed and act != "withdraw")
        assert bool(may(session, person)) == (agreed and not barred)
        undone.rollback()


def test_a_long_list_is_decided_in_a_few_queries_and_as_one_by_one(session: Session) -> None:
    team = make.make_team(session)
    people = [
        make.make_person(session, team, email=f"p{number}@people.example") for number in range(6)
    ]
    for person in people[:4]:
        make.make_consent(session, person)
    persons.stop(session, people[0], viewer=OPERATOR)
    consents.withdraw(session, people[1], INVITE, EMAIL, viewer=OPERATOR)
    with counted() as asked:
        found = may_contact_all(
            session, [one.uid for one in people], INVITE, EMAIL, viewer=OPERATOR
        )
    assert len(asked) <= 3
    rules = [found[one.uid].rule for one in people]
    assert rules == ["do_not_contact", "suppressed", "", "", "none", "none"]
    assert rules == [may(session, one).rule for one in people]


@pytest.mark.parametrize("table", ["consent", "notice"])
@pytest.mark.parametrize("doing", ["UPDATE {} SET purpose = 'service'", "DELETE FROM {}"])
def test_what_was_agreed_and_told_is_never_changed_or_taken_out(
    session: Session, table: str, doing: str
) -> None:
    person = make.make_person(session, make.make_team(session))
    make.make_consent(session, person)
    session.execute(
        text(
            "INSERT INTO notice (id, uid, purpose, language, version, text, made_at) VALUES"
            " (1, '0190163d8694739baea5966c26f8ad91', 'service', 'en', '2', 'x', '2026-01-01')"
        )
    )
    with pytest.raises(DatabaseError, match=r"never changed|stays, until"), session.begin_nested():
        session.execute(text(doing.format(table)))


def test_what_an_erased_person_agreed_to_goes_only_once_retention_lets_go(session: Session) -> None:
    person = make.make_person(session, make.make_team(session))
    make.make_consent(session, person)
    person.erased_at = now()
    session.flush()
    mine = session.query(Consent).filter_by(person_id=person.id)
    with pytest.raises(DatabaseError, match="until retention"), session.begin_nested():
        mine.delete()
    person.evidence_cleared_at = now()
    session.flush()
    assert mine.delete() == 1


def test_the_list_of_addresses_holds_no_address(session: Session) -> None:
    person = make.make_person(session, make.make_team(session), phone="01632 960 123")
    persons.stop(session, person, viewer=OPERATOR)
    kept = session.query(Suppression).all()
    assert len(kept) == 2
    assert all(len(one.address_hash) == 64 and "pat" not in one.address_hash for one in kept)


@pytest.mark.parametrize(
    "written",
    [
        *("01632 960123", "+44 1632 960 123", "(+44) (0)1632-960123", "0044 1632 960123"),
        *("441632960123", "44 01632 960123", "1632960123"),
    ],
)
def test_a_number_is_the_same_however_it_is_written_or_a_spreadsheet_has_left_it(
    written: str,
) -> None:
    assert suppressions.normal_phone(written) == "01632960123"
    assert Terms(phone=written).spans("Ring 01632 960123") != []


def test_numbers_from_elsewhere_and_parts_of_numbers_stay_as_they_are() -> None:
    for digits in ("33123456789", "960123", "0441234567", "0169771234"):
        assert suppressions.normal_phone(digits) == digits

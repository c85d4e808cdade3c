"""Links that sign one person in, once, and who may be added to do so."""

import unicodedata
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC, viewer_of
from assetmap.db import now
from assetmap.errors import Invalid, NotAllowed, NotFound, SignInFirst
from assetmap.models import Membership, SignInLink, Team, User
from assetmap.register import people, sign_in
from assetmap.schemas.people import NewPerson
from assetmap.schemas.reading import checked
from tests.make import make_team, make_user, viewer_for


def person(**fields: str) -> NewPerson:
    given = {"email": "jo.bloggs@example.org", "team": "Riverside team", "role": "editor"}
    return checked(NewPerson, given | fields)


def test_a_link_signs_its_person_in_once(session: Session) -> None:
    user = make_user(session, make_team(session))
    secret = sign_in.make_link(session, user, minutes=30)
    assert sign_in.use_link(session, secret) is user
    with pytest.raises(NotFound):
        sign_in.use_link(session, secret)


def test_an_address_is_found_however_large_its_letters_are_typed_also_beyond_a_to_z(
    session: Session,
) -> None:
    user = make_user(session, make_team(session), "editor", "Élodie.Äß@Beispiel.Example")
    session.commit()
    for typed in ("élodie.äß@beispiel.example", " ÉLODIE.ÄSS@beispiel.example".replace("SS", "ß")):
        assert sign_in.find_user(session, typed) is user
        assert people.by_email(session, typed) is user
    decomposed = unicodedata.normalize("NFD", "Élodie.Äß@beispiel.example")
    assert sign_in.find_user(session, decomposed) is user
    said = {"email": "ÉLODIE.äß@beispiel.example", "team": "Riverside", "role": "viewer"}
    assert people.add(session, NewPerson.model_validate(said), viewer=OPERATOR)[0] is user


def test_looking_at_a_link_does_not_spend_it(session: Session) -> None:
    user = make_user(session, make_team(session))
    secret = sign_in.make_link(session, user, minutes=30)
    assert people.person_of_link(session, secret) is user
    assert people.person_of_link(session, secret) is user
    sign_in.use_link(session, secret)
    assert people.person_of_link(session, secret) is None


def test_a_link_that_is_too_old_signs_nobody_in(session: Session) -> None:
    user = make_user(session, make_team(session))
    secret = sign_in.make_link(session, user, minutes=30)
    session.execute(update(SignInLink).values(expires_at=now() - timedelta(seconds=1)))
    assert people.person_of_link(session, secret) is None
    with pytest.raises(NotFound):
        sign_in.use_link(session, secret)


def test_a_link_of_somebody_shut_out_signs_nobody_in(session: Session) -> None:
    user = make_user(session, make_team(session))
    secret = sign_in.make_link(session, user, minutes=30)
    user.is_active = False
    session.flush()
    assert people.person_of_link(session, secret) is None
    with pytest.raises(NotFound):
        sign_in.use_link(session, secret)


def test_the_secret_itself_is_kept_nowhere(session: Session) -> None:
    secret = sign_in.make_link(session, make_user(session, make_team(session)), minutes=30)
    assert secret not in session.scalars(select(SignInLink.token_hash)).all()


def test_adding_somebody_makes_them_and_their_team(session: Session) -> None:
    user, changed = people.add(session, person(), viewer=OPERATOR)
    assert changed
    assert user.name == "Jo Bloggs"
    viewer = viewer_of(session, user.id)
    team = session.scalars(select(Team)).one()
    assert viewer.roles == {team.id: frozenset({"editor"})}


def test_adding_somebody_again_changes_nothing(session: Session) -> None:
    first, _ = people.add(session, person(), viewer=OPERATOR)
    second, changed = people.add(session, person(email="Jo.Bloggs@Example.org"), viewer=OPERATOR)
    assert (second, changed) == (first, False)
    assert len(session.scalars(select(Membership)).all()) == 1


def test_somebody_may_hold_two_roles_in_a_team(session: Session) -> None:
    people.add(session, person(), viewer=OPERATOR)
    _, changed = people.add(session, person(role="admin"), viewer=OPERATOR)
    assert changed
    assert sorted(session.scalars(select(Membership.role))) == ["admin", "editor"]


def test_adding_somebody_who_was_shut_out_lets_them_in_again(session: Session) -> None:
    user, _ = people.add(session, person(), viewer=OPERATOR)
    user.is_active = False
    session.flush()
    _, changed = people.add(session, person(), viewer=OPERATOR)
    assert changed
    assert user.is_active


def test_only_an_administrator_adds_or_lists_people(session: Session) -> None:
    team = make_team(session)
    editor = viewer_for(make_user(session, team), team, "editor")
    with pytest.raises(SignInFirst):
        people.add(session, person(), viewer=PUBLIC)
    with pytest.raises(NotAllowed):
        people.add(session, person(), viewer=editor)
    with pytest.raises(NotAllowed):
        people.everyone(session, viewer=editor)


def test_the_demo_people_are_those_with_addresses_nobody_can_own(session: Session) -> None:
    team = make_team(session)
    demo = make_user(session, team, email="local@demo.example")
    make_user(session, team, email="real@demo.example.org")
    gone = make_user(session, team, email="gone@demo.example")
    gone.is_active = False
    session.flush()
    assert people.demo_people(session) == [demo]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "nobody"),
        ("email", "a b@example.org"),
        ("email", "jo@example.org\nBcc: all@example.org"),
        ("email", "x" * 250 + "@example.org"),
        ("team", " "),
        ("team", "t" * 81),
        ("role", "king"),
        ("name", "n" * 81),
        ("name", "nul\0"),
    ],
)
def test_a_person_who_makes_no_sense_is_refused_by_field(field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        person(**{field: value})
    assert field in refused.value.problems


def test_a_hostile_name_is_kept_as_text(session: Session) -> None:
    user, _ = people.add(session, person(name="<b>{{7*7}}' OR 1=1;--"), viewer=OPERATOR)
    session.expire_all()
    assert session.get_one(User, user.id).name == "<b>{{7*7}}' OR 1=1;--"

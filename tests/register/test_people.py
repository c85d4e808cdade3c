"""Who gives and takes roles, and what ends when somebody is taken out."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, Viewer, viewer_of
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, SignInFirst
from assetmap.models import AuditEntry, Membership, SignInLink, Team, User
from assetmap.register import partners, people, sessions, sign_in, tokens
from assetmap.schemas.people import HeldRole, NewPartner, NewPerson
from assetmap.vocabulary import AuditAction, Role
from tests.make import make_partner, make_team, make_user

LIMITS = sessions.Limits(12, 240)


def person(email: str, team: str, role: Role = Role.EDITOR, **more: str) -> NewPerson:
    return NewPerson(email=email, team=team, role=role, **more)


def who(session: Session, user: User) -> Viewer:
    return viewer_of(session, user.id)


@pytest.fixture
def two(session: Session) -> tuple[Team, Team, User, User]:
    """Two teams, each with an administrator of its own."""
    ours, theirs = make_team(session), make_team(session, "Hilltop team")
    return (
        ours,
        theirs,
        make_user(session, ours, "admin", "ours@demo.example"),
        make_user(session, theirs, "admin", "theirs@demo.example"),
    )


def test_an_administrator_gives_every_role_in_their_own_team_and_none_in_another(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, theirs, admin, _ = two
    for role in Role:
        people.add(session, person("jo@example.org", ours.name, role), viewer=who(session, admin))
    with pytest.raises(NotAllowed, match="own administrators"):
        people.add(session, person("jo@example.org", theirs.name), viewer=who(session, admin))
    held = {tuple(row) for row in session.execute(select(Membership.team_id, Membership.role))}
    assert {(ours.id, role.value) for role in Role} <= held
    assert (theirs.id, "editor") not in held


def test_an_administrator_sees_and_finds_the_people_of_their_own_teams_only(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, _, admin, other = two
    viewer = who(session, admin)
    assert people.everyone(session, viewer=viewer) == [admin]
    assert [team.name for team in people.teams(session, viewer=viewer)] == [ours.name]
    assert people.by_uid(session, admin.uid, viewer=viewer) is admin
    with pytest.raises(NotFound):
        people.by_uid(session, other.uid, viewer=viewer)


def test_a_team_without_an_administrator_is_looked_after_by_who_keeps_the_register(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    _, _, admin, _ = two
    orphan = make_team(session, "New team")
    partner_team = make_team(session, "Partner's team")
    partner_team.partner_id = make_partner(session).id
    partners_admin = make_user(session, partner_team, "admin", "partner@demo.example")
    new = person("jo@example.org", orphan.name, Role.ADMIN)
    with pytest.raises(NotAllowed):
        people.add(session, new, viewer=who(session, partners_admin))
    people.add(session, new, viewer=who(session, admin))
    with pytest.raises(NotAllowed):  # it has an administrator of its own now
        people.add(session, person("b@example.org", orphan.name), viewer=who(session, admin))


def test_only_who_keeps_the_register_makes_teams_and_partners(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    _, _, admin, _ = two
    team = make_team(session, "Partner's team")
    team.partner_id = make_partner(session).id
    guest = make_user(session, team, "admin", "partner@demo.example")
    new = NewPartner(name="Alder Valley Fire", kind="fire")
    for viewer, error in ((who(session, guest), NotAllowed), (Viewer(), SignInFirst)):
        with pytest.raises(error):
            partners.add(session, new, viewer=viewer)
        with pytest.raises(error):
            partners.add_team(session, "Another", viewer=viewer)
    made, is_new = partners.add(session, new, viewer=who(session, admin))
    assert is_new
    again, is_new = partners.add(session, new, viewer=who(session, admin))
    assert (again, is_new) == (made, False)
    with pytest.raises(Conflict):
        partners.add(session, NewPartner(name="alder valley fire", kind="health"), viewer=OPERATOR)


def test_being_a_viewer_of_the_keepers_does_not_make_a_partners_administrator_a_keeper(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, _, _, _ = two
    team = make_team(session, "Partner's team")
    team.partner_id = make_partner(session).id
    guest = make_user(session, team, "admin", "partner@demo.example")
    session.add(Membership(user_id=guest.id, team_id=ours.id, role="viewer"))
    session.flush()
    with pytest.raises(NotAllowed):
        partners.add_team(session, "Another", viewer=who(session, guest))


def test_the_last_administrator_of_a_team_is_not_taken_out_by_anybody(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, _, admin, _ = two
    held = HeldRole(team=ours.name, role=Role.ADMIN)
    for viewer in (OPERATOR, who(session, admin)):
        with pytest.raises(Conflict, match="no administrator"):
            people.remove(session, admin, held, viewer=viewer)
        with pytest.raises(Conflict):
            people.shut_out(session, admin, viewer=viewer)
    second, _ = people.add(session, person("b@example.org", ours.name, Role.ADMIN), viewer=OPERATOR)
    people.remove(session, admin, held, viewer=who(session, second))
    assert not who(session, admin).is_admin


def test_an_administrator_who_was_shut_out_does_not_count_as_one(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, _, admin, _ = two
    gone, _ = people.add(session, person("b@example.org", ours.name, Role.ADMIN), viewer=OPERATOR)
    gone.is_active = False
    session.flush()
    with pytest.raises(Conflict):
        people.remove(session, admin, HeldRole(team=ours.name), viewer=OPERATOR)


def test_shutting_out_ends_sessions_tokens_links_and_roles_at_once(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, _, admin, _ = two
    user, _ = people.add(session, person("jo@example.org", ours.name), viewer=OPERATOR)
    cookie = sessions.begin(session, user, LIMITS).secret
    token = sign_in.make_token(session, user.email)
    link = sign_in.make_link(session, user, minutes=30)
    ended = people.shut_out(session, user, viewer=who(session, admin))
    assert (ended.roles, ended.sessions, ended.tokens) == (1, 1, 1)
    assert sessions.find(session, cookie, LIMITS) is None
    with pytest.raises(SignInFirst):
        tokens.bearer(session, token)
    with pytest.raises(NotFound):
        sign_in.use_link(session, link)
    assert not who(session, user).is_signed_in
    left = select(func.count()).select_from(SignInLink).where(SignInLink.user_id == user.id)
    assert session.scalar(left) == 0


def test_somebody_in_another_team_too_is_not_shut_out_by_one_teams_administrator(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, theirs, admin, _ = two
    user, _ = people.add(session, person("jo@example.org", ours.name), viewer=OPERATOR)
    people.add(session, person("jo@example.org", theirs.name), viewer=OPERATOR)
    with pytest.raises(NotAllowed):
        people.shut_out(session, user, viewer=who(session, admin))
    people.remove(session, user, HeldRole(team=ours.name), viewer=who(session, admin))
    assert set(who(session, user).roles) == {theirs.id}
    with pytest.raises(NotFound):
        people.remove(session, user, HeldRole(team=theirs.name), viewer=who(session, admin))


def test_coming_back_after_being_shut_out_brings_no_old_role_back(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, theirs, admin, _ = two
    user, _ = people.add(session, person("jo@example.org", ours.name), viewer=OPERATOR)
    people.add(session, person("jo@example.org", theirs.name), viewer=OPERATOR)
    people.shut_out(session, user, viewer=OPERATOR)
    people.add(
        session, person("jo@example.org", ours.name, Role.VIEWER), viewer=who(session, admin)
    )
    assert who(session, user).roles == {ours.id: frozenset({"viewer"})}


def test_an_administrator_does_not_rename_somebody_who_is_known(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, _, admin, other = two
    new = person("theirs@demo.example", ours.name, name="Mallory")
    people.add(session, new, viewer=who(session, admin))
    assert other.name == "Theirs"


def test_what_is_done_to_roles_is_on_the_audit_without_names(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, _, admin, _ = two
    viewer = who(session, admin)
    user, _ = people.add(session, person("jo@example.org", ours.name), viewer=viewer)
    people.remove(session, user, HeldRole(team=ours.name), viewer=viewer)
    session.commit()
    rows = session.scalars(
        select(AuditEntry).where(AuditEntry.action == AuditAction.ROLE_CHANGED)
    ).all()
    assert [row.details for row in rows] == [
        {"given": "editor", "team": ours.id},
        {"taken": "editor", "team": ours.id},
    ]
    assert {row.uid for row in rows} == {user.uid}


def test_a_team_is_made_for_a_partner_and_moved_only_by_the_operator(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, _, admin, _ = two
    partner = make_partner(session)
    user, _ = people.add(
        session, person("jo@example.org", "Homes team", partner="alder homes"), viewer=OPERATOR
    )
    assert who(session, user).bodies == {partner.id}
    with pytest.raises(NotAllowed):
        people.add(
            session,
            person("b@example.org", ours.name, partner=partner.name),
            viewer=who(session, admin),
        )
    with pytest.raises(Invalid, match="no partner called"):
        people.add(session, person("b@example.org", "X", partner="Nobody"), viewer=OPERATOR)


def test_who_made_a_partner_or_moved_a_team_is_on_the_audit(session: Session) -> None:
    partners.add(session, NewPartner(name="Alder Homes", kind="housing"), viewer=OPERATOR)
    partners.add_team(session, "Wardens", viewer=OPERATOR)
    wardens = session.scalars(select(Team).where(Team.name == "Wardens")).one()
    partners.belong(session, wardens, "Alder Homes", viewer=OPERATOR)
    session.commit()
    noted = select(AuditEntry.action, AuditEntry.entity).order_by(AuditEntry.seq)
    assert [tuple(row) for row in session.execute(noted)] == [
        ("created", "partner"),
        ("created", "team"),
        ("changed", "team"),
    ]


def test_a_name_is_looked_for_as_text(session: Session, two: tuple[Team, Team, User, User]) -> None:
    assert people.everyone(session, viewer=OPERATOR, text="%") == []
    found = people.everyone(session, viewer=OPERATOR, text="OURS@")
    assert [one.email for one in found] == ["ours@demo.example"]


def test_nobody_gets_rid_of_the_limits_of_their_own_role(
    session: Session, two: tuple[Team, Team, User, User]
) -> None:
    ours, _, admin, _ = two
    viewer = who(session, admin)
    people.add(session, person(admin.email, ours.name), viewer=viewer)
    held = HeldRole(team=ours.name, role=Role.EDITOR)
    row = session.scalars(select(Membership).where(Membership.role == Role.EDITOR)).one()
    row.categories = ["pla_hall"]
    session.flush()
    with pytest.raises(NotAllowed, match="another administrator"):
        people.remove(session, admin, held, viewer=viewer)
    people.remove(session, admin, held, viewer=OPERATOR)
    assert Role.EDITOR not in who(session, admin).roles[ours.id]

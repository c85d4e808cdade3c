"""Who says where a role holds, and what that changes at once."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import viewer_of
from assetmap.errors import Invalid, NotAllowed, NotFound
from assetmap.models import AuditEntry, Entry, Team, User
from assetmap.register import people, role_limits
from assetmap.schemas.people import NewPerson, RoleLimits
from assetmap.vocabulary import AuditAction, Role
from tests.make import commit, make_area, make_category, make_entry, make_team, make_user
from tests.web.filled import send
from tests.web.pages import press, sign_in


@pytest.fixture
def two(session: Session, team: Team) -> tuple[User, User]:
    """An administrator and somebody who edits, of the same team."""
    return make_user(session, team, "admin", "a@demo.example"), make_user(session, team, "editor")


def wanted(team: str, **more: object) -> RoleLimits:
    return RoleLimits.model_validate({"team": team, "role": "editor", **more})


def seen(session: Session, user: User) -> set[str]:
    rule = access.visible_entries(viewer_of(session, user.id))
    return set(session.scalars(select(Entry.title).where(rule)))


def test_a_role_holds_for_the_categories_named_and_again_everywhere_when_none_is(
    session: Session, team: Team, two: tuple[User, User]
) -> None:
    admin, editor = two
    by = viewer_of(session, admin.id)
    make_entry(session, "asset", team, title="Hall", category="pla_hall", visibility="team")
    make_entry(session, "asset", team, title="Van", category="equ_vehicle", visibility="team")
    assert role_limits.limit(session, editor, wanted(team.name, categories="pla_hall"), viewer=by)
    assert seen(session, editor) == {"Hall"}
    assert not role_limits.limit(
        session, editor, wanted(team.name, categories="pla_hall"), viewer=by
    )
    assert role_limits.limit(session, editor, wanted(team.name), viewer=by)
    assert seen(session, editor) == {"Hall", "Van"}
    commit()  # what is noted is chained then
    noted = session.scalars(
        select(AuditEntry).where(AuditEntry.action == AuditAction.ROLE_CHANGED)
    ).all()
    assert [one.details["categories"] for one in noted] == [1, 0]


def test_nobody_limits_their_own_role_one_of_another_team_or_by_what_is_not_there(
    session: Session, team: Team, two: tuple[User, User]
) -> None:
    admin, editor = two
    by = viewer_of(session, admin.id)
    people.add(
        session,
        NewPerson(email=admin.email, team=team.name, role=Role.EDITOR),
        viewer=by,
    )
    with pytest.raises(NotAllowed, match="another administrator"):
        role_limits.limit(session, admin, wanted(team.name), viewer=viewer_of(session, admin.id))
    other = make_team(session, "Hilltop team")
    make_user(session, other, "admin", "theirs@demo.example")
    elsewhere = make_user(session, other, "editor", "else@demo.example")
    with pytest.raises(NotFound):
        role_limits.limit(session, elsewhere, wanted(other.name), viewer=by)
    for field, code in (("areas", "ward:E05999999"), ("categories", "no_such")):
        with pytest.raises(Invalid) as refused:
            role_limits.limit(session, editor, wanted(team.name, **{field: code}), viewer=by)
        assert list(refused.value.problems) == [field]
    ward = f"ward:{make_area(session).code}"
    for role in ("admin", "auditor"):  # what they may do knows no areas: it would be no limit
        make_user(session, team, role, f"{role}@demo.example")
        user = people.by_email(session, f"{role}@demo.example")
        with pytest.raises(Invalid, match="whole team"):
            role_limits.limit(session, user, wanted(team.name, role=role, areas=ward), viewer=by)


def test_the_page_keeps_what_was_typed_and_then_limits_the_role(
    client: FlaskClient, session: Session, team: Team, two: tuple[User, User]
) -> None:
    admin, editor = two
    make_category(session, "asset", "pla_hall")
    ward = f"ward:{make_area(session).code}"
    commit()
    sign_in(client, admin)
    person = f"/people/{editor.uid}"
    assert "Limit" in client.get(person).text
    address = f"{person}/limits?team={team.name}&role=editor"
    assert client.get(address).status_code == 200
    typed = {"team": team.name, "role": "editor", "areas": f"{ward}\nward:<b>", "categories": "pla"}
    refused = press(client, f"{person}/limits", page=address, **typed)
    assert refused.status_code == 422
    assert "No area is loaded as ward:&lt;b&gt;" in refused.text
    assert "ward:<b>" not in refused.text
    assert 'value="pla" checked' in refused.text
    done = press(client, f"{person}/limits", page=address, **(typed | {"areas": f"{ward}\n"}))
    assert done.status_code == 303
    assert "only in Riverside (ward:E05000001), Pla (pla)" in client.get(person).text
    assert client.get(f"{person}/limits?team={team.name}&role=analyst").status_code == 404


def test_what_was_typed_outside_ones_limits_is_not_lost(
    client: FlaskClient, session: Session, team: Team, two: tuple[User, User]
) -> None:
    admin, editor = two
    for code in ("pla_hall", "equ_vehicle"):
        make_category(session, "asset", code)
    by = viewer_of(session, admin.id)
    role_limits.limit(session, editor, wanted(team.name, categories="pla_hall"), viewer=by)
    hall = make_entry(session, "asset", team, title="Hall", category="pla_hall")
    commit()
    sign_in(client, editor)
    typed = {"title": "A van & more", "category": "equ_vehicle", "where": "-1.92,53.73"}
    for address in ("/assets/new", f"{hall.path}/edit"):
        refused = send(client, address, **typed)
        assert refused.status_code == 403, address
        assert "Your role covers other areas or categories" in refused.text
        assert "A van &amp; more" in refused.text
    assert session.scalars(select(Entry.title)).all() == ["Hall"]

"""Logging and changing entries."""

import uuid

import pytest
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Asset, EntryArea
from assetmap.register import entries, snapshots
from assetmap.schemas.entries import DRAFTS, EntryDraft
from assetmap.vocabulary import Kind
from tests.make import (
    draft_fields,
    make_area,
    make_category,
    make_entry,
    make_team,
    make_user,
    point,
    viewer_for,
)


def draft(session: Session, kind: str, **fields: object) -> EntryDraft:
    return DRAFTS[Kind(kind)].model_validate(draft_fields(session, Kind(kind), **fields))


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_every_kind_can_be_logged_and_found_again(session: Session, kind: str) -> None:
    team = make_team(session)
    made = make_entry(session, kind, team)
    assert entries.find(session, made.uid, viewer=PUBLIC) is made
    assert made.ref.startswith(Kind(kind).prefix)


def test_logging_the_same_draft_twice_with_one_uid_adds_one_entry(session: Session) -> None:
    team, uid = make_team(session), uuid.uuid4()
    first, new = entries.log(
        session, draft(session, "asset"), viewer=OPERATOR, uid=uid, team_id=team.id
    )
    second, newer = entries.log(
        session, draft(session, "asset"), viewer=OPERATOR, uid=uid, team_id=team.id
    )
    assert first is second
    assert (new, newer) == (True, False)


def test_an_entry_lies_in_the_areas_around_it(session: Session) -> None:
    team, ward = make_team(session), make_area(session)
    made = make_entry(session, "asset", team)
    session.expire_all()

    assert [r.area_id for r in session.query(EntryArea).filter_by(entry_id=made.id)] == [ward.id]


def test_changes_to_different_fields_merge(session: Session) -> None:
    team = make_team(session)
    made = make_entry(session, "asset", team)
    entries.change(
        session, made, draft(session, "asset", title="New title"), viewer=OPERATOR, base_version=1
    )
    entries.change(
        session,
        made,
        draft(session, "asset", phone="01632 960 123"),
        viewer=OPERATOR,
        base_version=1,
    )
    assert isinstance(made, Asset)
    assert (made.title, made.phone, made.version) == ("New title", "01632 960 123", 3)


def test_changes_to_the_same_field_are_a_conflict_with_both_values(session: Session) -> None:
    team = make_team(session)
    made = make_entry(session, "asset", team)
    entries.change(
        session, made, draft(session, "asset", title="Theirs"), viewer=OPERATOR, base_version=1
    )
    with pytest.raises(Conflict) as refused:
        entries.change(
            session, made, draft(session, "asset", title="Mine"), viewer=OPERATOR, base_version=1
        )
    assert refused.value.fields == {"title": ("Theirs", "Mine")}


def test_a_withdrawn_entry_is_found_by_nobody_and_can_be_brought_back(session: Session) -> None:
    team = make_team(session)
    made = make_entry(session, "offer", team)
    before = snapshots.of(session, made)
    entries.withdraw(session, made, viewer=OPERATOR, why="Moved away")
    with pytest.raises(NotFound):
        entries.find(session, made.uid, viewer=OPERATOR)
    entries.bring_back(session, made.uid, viewer=OPERATOR)
    assert snapshots.of(session, made) == before


def test_an_unknown_category_is_refused_by_name(session: Session) -> None:
    team = make_team(session)
    wrong = draft(session, "asset").model_copy(update={"category": "nonsense"})
    with pytest.raises(Invalid) as refused:
        entries.log(session, wrong, viewer=OPERATOR, team_id=team.id)
    assert "category" in refused.value.problems


def test_a_place_shown_by_its_ward_hides_where_it_is(session: Session) -> None:
    team, ward = make_team(session), make_area(session)
    made = make_entry(session, "offer", team, precision="ward", geometry=point(-1.901, 53.701))
    assert (made.longitude, made.latitude) == pytest.approx((ward.longitude, ward.latitude))


def test_a_draft_names_no_entry_that_its_author_may_not_see(session: Session) -> None:
    team, other = make_team(session), make_team(session, "Others")
    mine = viewer_for(make_user(session, team), team)
    hidden = make_entry(session, "group", other, visibility="team")
    with pytest.raises(Invalid) as refused:
        entries.log(session, draft(session, "offer", group=str(hidden.uid)), viewer=mine)
    assert "group" in refused.value.problems
    made = make_entry(session, "asset", team, operator=str(hidden.uid))
    kept = draft(session, "asset", operator=str(hidden.uid), title="New title")
    entries.change(session, made, kept, viewer=mine, base_version=1)
    assert made.title == "New title"


def test_a_draft_with_a_category_merged_since_gets_the_one_it_was_merged_into(
    session: Session,
) -> None:
    team, uid = make_team(session), uuid.uuid4()
    late = draft(session, "asset", category="pla_hall")
    old, new = (make_category(session, "asset", code) for code in ("pla_hall", "pla_room"))
    old.deprecate(now(), new)
    session.flush()
    for _ in range(2):  # the phone sends it again
        made, _ = entries.log(session, late, viewer=OPERATOR, uid=uid, team_id=team.id)
        assert made.category_id == new.id

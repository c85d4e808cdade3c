"""What the database itself refuses, whatever the code above it does; the same on both."""

from typing import Any

import pytest
import shapely
from sqlalchemy import insert, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.models import Area, Attachment, Engagement, Entry, Finding, Link, Offer
from tests.make import make_area, make_category, make_entry, make_team


def refused(session: Session, statement: Any) -> None:
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(statement)


def set_on(model: type[Any], key: int, **values: Any) -> Any:
    return update(model.__table__).where(model.__table__.c.id == key).values(**values)


def test_an_offer_comes_from_exactly_one_of_a_group_an_asset_and_a_person(
    session: Session,
) -> None:
    team = make_team(session)
    group, made = make_entry(session, "group", team), make_entry(session, "offer", team)
    refused(session, set_on(Offer, made.id, person_role=""))
    refused(session, set_on(Offer, made.id, group_id=group.id))
    session.execute(set_on(Offer, made.id, group_id=group.id, person_role=""))


def test_an_engagement_ends_after_it_starts_and_closes_only_when_complete(
    session: Session,
) -> None:
    made = make_entry(session, "engagement", make_team(session))
    assert isinstance(made, Engagement)
    refused(session, set_on(Engagement, made.id, ends_at=made.starts_at))
    refused(session, set_on(Engagement, made.id, closed_at=made.ends_at))


def test_a_public_photo_says_what_it_shows(session: Session) -> None:
    made = make_entry(session, "asset", make_team(session))
    photo = {"entry_id": made.id, "uid": made.uid, "mime": "image/jpeg", "bytes": 1, "width": 1}
    photo |= {"height": 1, "sha256": "a", "alt_text": "", "caption": "", "consent_scope": "public"}
    photo["created_at"] = made.created_at
    refused(session, insert(Attachment).values(**photo))
    session.execute(insert(Attachment).values(**photo | {"alt_text": "A hall"}))


def test_an_area_is_valid_and_one_of_its_type_code_and_vintage(session: Session) -> None:
    area = make_area(session)
    crossed = shapely.MultiPolygon([shapely.Polygon([(0, 51), (1, 52), (1, 51), (0, 52)])])
    refused(session, set_on(Area, area.id, boundary=spatial.stored(crossed)))
    other = make_area(session, code="E05000002")
    refused(session, set_on(Area, other.id, code="E05000001"))
    session.execute(set_on(Area, other.id, code="E05000001", vintage="2023"))


def test_a_route_only_finding_holds_no_detail(session: Session) -> None:
    team = make_team(session)
    make_category(session, "finding", "cri_expl", route_only=True)
    plain = make_entry(session, "finding", team, description="Litter by the gate")
    stub = make_entry(session, "finding", team, category="cri_expl", title="Passed on")
    refused(session, set_on(Entry, stub.id, description="What they do"))
    refused(session, set_on(Entry, plain.id, category_id=stub.category_id))


@pytest.mark.parametrize(
    "values",
    [
        {"longitude": 0, "latitude": 0},
        {"longitude": 181},
        {"status": "nonsense"},
        {"status": "underway"},
        {"visibility": "everybody"},
        {"title": ""},
        {"version": 0},
        {"withdrawn_why": "No instant beside it"},
        {"radius_m": 0},
        {"kind": "thing"},
        {"expires_on": None},
    ],
)
def test_an_entry_that_cannot_be_is_refused(session: Session, values: dict[str, Any]) -> None:
    made = make_entry(session, "offer", make_team(session))
    said = ", ".join(f"{name} = :{name}" for name in values)
    statement = text(f"UPDATE entry SET {said} WHERE id = :key")  # noqa: S608  # our own names
    refused(session, statement.bindparams(key=made.id, **values))


def test_a_finding_has_a_severity_of_one_to_four_and_a_link_two_ends(session: Session) -> None:
    team = make_team(session)
    made = make_entry(session, "finding", team)
    refused(session, set_on(Finding, made.id, severity=5))
    values = {"from_id": made.id, "to_id": made.id, "relation": "led_to"}
    refused(session, insert(Link).values(created_at=made.created_at, **values))

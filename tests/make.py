"""Plain functions that make what a test needs. Everything goes through the register's own door."""

import io
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import shapely
from PIL import Image
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assetmap import connections, spatial, textsearch
from assetmap.access import OPERATOR, Limit, Viewer
from assetmap.db import db, now
from assetmap.formats import geojson
from assetmap.models import (
    Area,
    Category,
    Engagement,
    Entry,
    Membership,
    Partner,
    Person,
    Referral,
    RetentionRun,
    RichPicture,
    SharingAgreement,
    SubjectRequest,
    Team,
    User,
)
from assetmap.register import (
    attachments,
    consents,
    entries,
    persons,
    referral_raising,
    rich_pictures,
    sessions,
)
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.persons import ConsentDraft, PersonDraft, RoleDraft
from assetmap.schemas.pictures import PictureDraft, RegionDraft
from assetmap.schemas.referrals import ReferralDraft
from assetmap.vocabulary import Kind

HERE = (-1.92, 53.735)
CATEGORIES = {"asset": "pla_hall", "group": "grp_food", "offer": "food_meal", "finding": "env_litt"}


def make_team(session: Session, name: str = "Riverside team") -> Team:
    team = Team(name=name)
    session.add(team)
    session.flush()
    return team


def make_user(
    session: Session, team: Team, role: str = "editor", email: str = "local@demo.example"
) -> User:
    user = User(name=email.partition("@")[0].title(), email=email)
    session.add(user)
    session.flush()
    session.add(Membership(user_id=user.id, team_id=team.id, role=role))
    session.flush()
    return user


def make_session(session: Session, user: User, **more: Any) -> str:
    """Sign somebody in, for the requests that follow; gives the cookie's secret."""
    wrote = session.connection().get_execution_options().get(connections.WRITES)
    begun = sessions.begin(session, user, sessions.Limits(12, 240), **more)
    session.commit()
    if wrote:
        spatial.writing(session)  # so that what a test makes next is there for its requests too
    return begun.secret


def viewer_for(user: User, team: Team, *roles: str) -> Viewer:
    held = {team.id: frozenset(roles or ("editor",))}
    receiving = frozenset({team.id}) if team.partner_id is None else frozenset[int]()
    bodies = frozenset({team.partner_id})
    return Viewer(user.name, user.id, held, bodies=bodies, receiving=receiving)


def limited_to(viewer: Viewer, team: Team, area: str) -> Viewer:
    """The same viewer, whose roles in the team hold in one area only."""
    limits = {(team.id, role): Limit((area,)) for role in viewer.roles[team.id]}
    return replace(viewer, limits=limits)


def make_category(
    session: Session,
    scheme: str,
    code: str,
    label: str = "",
    parent: Category | None = None,
    **more: Any,
) -> Category:
    if parent is None and "_" in code:
        parent = make_category(session, scheme, code.partition("_")[0])
    category = session.query(Category).filter_by(scheme=scheme, code=code).one_or_none()
    if category is None:
        category = Category(
            scheme=scheme,
            code=code,
            label=label or code.replace("_", " ").title(),
            level=2 if parent else 1,
            parent_id=parent.id if parent else None,
            **more,
        )
        session.add(category)
        session.flush()
    return category


def make_area(
    session: Session,
    code: str = "E05000001",
    name: str = "Riverside",
    shape: BaseGeometry | None = None,
    type: str = "ward",  # noqa: A002
    vintage: str = "2022",
) -> Area:
    shape = shape or shapely.box(-1.95, 53.70, -1.90, 53.75)
    polygon = multipolygon(shape)
    inside = polygon.representative_point()
    west, south, east, north = polygon.bounds
    area = Area(
        type=type,
        code=code,
        vintage=vintage,
        name=name,
        name_folded=" ".join(textsearch.words(name)),
        boundary=spatial.stored(polygon),
        longitude=inside.x,
        latitude=inside.y,
        west=west,
        south=south,
        east=east,
        north=north,
    )
    session.add(area)
    session.flush()
    return area


def multipolygon(shape: BaseGeometry) -> shapely.MultiPolygon:
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    return shapely.MultiPolygon(parts)


def point(longitude: float = HERE[0], latitude: float = HERE[1]) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


def shape_json(shape: BaseGeometry) -> dict[str, Any]:
    drawn = geojson.geometry(shape)
    assert drawn is not None
    return drawn


def draft_fields(session: Session, kind: Kind, **fields: Any) -> dict[str, Any]:
    """The least that a draft of a kind needs, and what the test says beside it."""
    needed: dict[str, Any] = {"title": f"A {kind.value}", "geometry": point()}
    if kind.value in CATEGORIES:
        code = fields.get("category", CATEGORIES[kind.value])
        scheme = "asset" if kind == Kind.GROUP else kind.value
        make_category(session, scheme, code)
        needed["category"] = code
    if kind == Kind.OFFER and not fields.keys() & {"group", "asset"}:
        needed |= {"person_role": "Retired cook", "precision": "exact"}
    if kind == Kind.WALKABOUT:
        needed["starts_at"] = "2026-05-01T10:00:00Z"
    if kind == Kind.ENGAGEMENT:
        needed |= {"starts_at": "2026-05-01T10:00:00Z", "ends_at": "2026-05-01T12:00:00Z"}
    if kind == Kind.HOTSPOT:
        needed["period_from"] = "2026-01-01"
    return needed | fields


def make_entry(
    session: Session,
    kind: str,
    team: Team,
    *,
    viewer: Viewer = OPERATOR,
    uid: uuid.UUID | None = None,
    status: str | None = None,
    **fields: Any,
) -> Entry:
    draft = DRAFTS[Kind(kind)].model_validate(draft_fields(session, Kind(kind), **fields))
    entry, _ = entries.log(session, draft, viewer=viewer, uid=uid, team_id=team.id, status=status)
    return entry


def commit() -> None:
    db.session.commit()


def make_partner(session: Session, name: str = "Alder Homes", kind: str = "housing") -> Partner:
    partner = Partner(name=name, kind=kind)
    session.add(partner)
    session.flush()
    return partner


def make_agreement(
    session: Session, receiver: Partner, giver: Partner | None = None, **fields: Any
) -> SharingAgreement:
    today = now().date()
    usual: dict[str, Any] = {
        "title": "Working together",
        "kinds": ["asset", "offer"],
        "purpose": "Finding help near people who need it",
        "lawful_basis": "public_task",
        "starts_on": today,
        "ends_on": today + timedelta(days=30),
        "signed_on": today,
    }
    made = SharingAgreement(
        receiver_id=receiver.id, giver_id=giver.id if giver else None, **(usual | fields)
    )
    session.add(made)
    session.flush()
    return made


def make_person(
    session: Session,
    team: Team,
    *,
    at: Entry | None = None,
    viewer: Viewer = OPERATOR,
    title: str = "Treasurer",
    **fields: Any,
) -> Person:
    """Somebody the team knows; at: where they have a role."""
    said: dict[str, Any] = {"name": "Pat Example", "email": "pat@people.example", "is_adult": True}
    role = RoleDraft(entry=str(at.uid), title=title, is_public=True) if at is not None else None
    if role is None:
        said["no_role_reason"] = "Came to a meeting and asked to be kept in touch"
    draft = PersonDraft.model_validate(said | fields)
    return persons.log(session, draft, viewer=viewer, team_id=team.id, role=role)


def make_picture(session: Session, event: Engagement, title: str = "Our street") -> RichPicture:
    """What a group drew at an event, with one part marked."""
    made = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(made, "JPEG")
    said = PictureDraft(title=title, alt_text="A bridge")
    details = PhotoDetails(alt_text=said.alt_text)
    photo = attachments.attach(session, event, made.getvalue(), details, viewer=OPERATOR)
    session.flush()  # the picture needs its key
    kept = rich_pictures.put(session, event, uuid.uuid4(), photo, said, viewer=OPERATOR)
    session.flush()  # the part needs its key
    part = RegionDraft(insight="It is dark there", left=10, top=10, width=30, height=30)
    rich_pictures.mark(session, event, kept, uuid.uuid4(), part, viewer=OPERATOR)
    return kept


def make_consent(
    session: Session,
    person: Person,
    purpose: str = "engagement_invite",
    *channels: str,
    viewer: Viewer = OPERATOR,
    **fields: Any,
) -> None:
    """They agree to be reached for something, by e-mail where nothing else is said."""
    said = {"purpose": purpose, "channels": channels or ("email",), "method": "paper"}
    draft = ConsentDraft.model_validate(said | {"notice_version": "1"} | fields)
    consents.give(session, person, draft, viewer=viewer)


def make_run(session: Session, **fields: Any) -> RetentionRun:
    """A plan of what has been kept long enough, with nothing on it unless a test adds it."""
    usual = {"entity": "finding", "trigger": "closed", "months": 24, "action": "anonymise"}
    run = RetentionRun(before=now(), **(usual | fields))
    session.add(run)
    session.flush()
    return run


def make_referral(session: Session, viewer: Viewer, **said: Any) -> Referral:
    usual = {"category": "intelligence", "urgency": "routine", "may_be_named": "no"}
    draft = ReferralDraft.model_validate(usual | {"words": "Mopeds by the lock-ups"} | said)
    return referral_raising.raise_new(session, draft, viewer=viewer).referral


def make_request(session: Session, **fields: Any) -> SubjectRequest:
    """Somebody asked today to see what is held of them."""
    usual = {"kind": "access", "name": "Pat Example", "received_on": now().date()}
    request = SubjectRequest(**(usual | fields))
    session.add(request)
    session.flush()
    return request

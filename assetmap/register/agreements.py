"""Sharing agreements: what one body lets another see, made by its data officers."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import (
    Entry,
    Membership,
    Partner,
    SharingAgreement,
    Team,
    User,
)
from assetmap.register import audit, role_limits
from assetmap.schemas.agreements import AgreementDraft
from assetmap.vocabulary import AuditAction, LawfulBasis, Role, Visibility

OFFICERS = frozenset({Role.DATA_OFFICER})
READERS = frozenset({Role.DATA_OFFICER, Role.AUDITOR})
MOST = 500
WARN_AT_DAYS = (60, 30, 7)
PUBLIC_BODIES = frozenset({"police", "council", "fire", "health", "education"})
NOT_FOR_PUBLIC_BODIES = frozenset(
    {LawfulBasis.LEGITIMATE_INTERESTS, LawfulBasis.RECOGNISED_LEGITIMATE_INTEREST}
)
KEEPER = "Who keeps this register"


@dataclass(frozen=True)
class Agreed:
    """An agreement and what the viewer may do with it."""

    agreement: SharingAgreement
    may_change: bool


def giving_bodies(session: Session, *, viewer: Viewer) -> list[tuple[Partner | None, str]]:
    """The bodies whose entries the viewer may agree to share, with what they are called."""
    if viewer.is_operator:
        bodies: set[Partner | None] = {None, *session.scalars(select(Partner))}
    else:
        of_teams = select(Partner).select_from(Team).outerjoin(Team.partner)
        keys = viewer.teams_where(OFFICERS)
        bodies = set(session.scalars(of_teams.where(Team.id.in_(keys))))
    named: list[tuple[Partner | None, str]] = [(one, one.name) for one in bodies if one]
    return [*([(None, KEEPER)] if None in bodies else []), *sorted(named, key=lambda one: one[1])]


def receivers(session: Session) -> Sequence[Partner]:
    """Bodies that an agreement can be made with."""
    return session.scalars(
        select(Partner).where(Partner.is_active).order_by(Partner.name).limit(MOST)
    ).all()


def every(session: Session, *, viewer: Viewer) -> list[Agreed]:
    """The agreements that the viewer's bodies have given or received, the latest to end first.

    Raises NotAllowed for people whose bodies have none to look after.
    """
    access.require_sign_in(viewer)
    officer_of = _bodies(session, viewer, OFFICERS)
    rows = session.scalars(
        _query()
        .where(_may_read(session, viewer))
        .order_by(SharingAgreement.ends_on.desc(), SharingAgreement.id)
        .limit(MOST)
    )
    return [Agreed(one, _is_officers(one, officer_of, viewer)) for one in rows]


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Agreed:
    """The agreement with this uid. Raises NotFound for one that is not the viewer's bodies'."""
    access.require_sign_in(viewer)
    found = session.scalar(_query().where(SharingAgreement.uid == uid, _may_read(session, viewer)))
    if found is None:
        raise NotFound("There is no such agreement, or it is not open to you.")
    officer_of = _bodies(session, viewer, OFFICERS)
    return Agreed(found, _is_officers(found, officer_of, viewer))


def make(session: Session, draft: AgreementDraft, *, viewer: Viewer) -> SharingAgreement:
    """Write down an agreement; it opens nothing until it is signed. Raises Invalid, NotAllowed."""
    made = SharingAgreement(version=1, created_by_id=viewer.user_id)
    _apply(session, made, draft, viewer=viewer)
    session.add(made)
    session.flush()  # the address is handed out next
    _note(session, made, "made", viewer=viewer)
    return made


def change(
    session: Session,
    agreed: SharingAgreement,
    draft: AgreementDraft,
    *,
    viewer: Viewer,
    base_version: int,
) -> None:
    """Change an agreement that is not signed yet. Raises Conflict for one that is, and when
    somebody else changed it since `base_version`."""
    _require_officer(session, agreed, viewer)
    require_draft(agreed)
    _require_version(agreed, base_version)
    _apply(session, agreed, draft, viewer=viewer)
    _touch(session, agreed, "changed", viewer=viewer)


def require_draft(agreed: SharingAgreement) -> None:
    """Raises Conflict for an agreement that is signed or has ended."""
    if agreed.ended_at is not None:
        raise Conflict("It has ended and is not changed any more. Make another from it.")
    if agreed.signed_on is not None:
        raise Conflict("A signed agreement is not changed. End it, and make another from it.")


def sign(session: Session, agreed: SharingAgreement, *, viewer: Viewer, base_version: int) -> None:
    """Say that both bodies have signed: from its first day on it opens what it says."""
    _require_officer(session, agreed, viewer)
    _require_version(agreed, base_version)
    today = local_day(now())
    if agreed.state_on(today) != "draft":
        raise Conflict("Only a draft whose last day has not passed can be signed.")
    agreed.signed_on = today
    _touch(session, agreed, "signed", viewer=viewer)


def end(session: Session, agreed: SharingAgreement, *, viewer: Viewer, why: str) -> None:
    """Close it now, for good: from the next query on it opens nothing. Ending twice is once."""
    _require_officer(session, agreed, viewer)
    if agreed.ended_at is not None:
        return
    if not why.strip():
        raise Invalid.field("why", "Say why it ends.")
    agreed.ended_at, agreed.ended_why = now(), why.strip()[:500]
    _touch(session, agreed, "ended", viewer=viewer)


def opens(session: Session, agreed: SharingAgreement, *, viewer: Viewer) -> Mapping[str, int]:
    """How many entries of each kind it opens, or would, that are not open to everybody anyway: of
    those, the viewer's to see."""
    grant = access.grant_of(agreed)
    rows = session.execute(
        select(Entry.kind, func.count())
        .where(access.visible_entries(viewer), access.shared_by(grant))
        .where(Entry.visibility != Visibility.PUBLIC)
        .group_by(Entry.kind)
    )
    return {row[0]: row[1] for row in rows}


def ending(session: Session, on: date) -> list[tuple[SharingAgreement, int]]:
    """Signed agreements that end within 60 days, with the days left, the soonest first."""
    rows = session.scalars(
        _query()
        .where(
            SharingAgreement.signed_on.is_not(None),
            SharingAgreement.ended_at.is_(None),
            SharingAgreement.ends_on >= on,
        )
        .order_by(SharingAgreement.ends_on, SharingAgreement.id)
    )
    left = [(one, (one.ends_on - on).days) for one in rows]
    return [(one, days) for one, days in left if days <= WARN_AT_DAYS[0]]


def to_warn_of(session: Session, on: date) -> list[tuple[SharingAgreement, int]]:
    """Of those that end soon, the ones whose people have not been told since the last threshold:
    60, 30 and 7 days before the end. What is given back counts as told."""
    due = []
    for one, days in ending(session, on):
        threshold = min(limit for limit in WARN_AT_DAYS if days <= limit)
        if one.warned_days is None or one.warned_days > threshold:
            one.warned_days = threshold
            one.version += 1
            due.append((one, days))
    session.flush()  # so that a failure shows before anybody is told
    return due


def officers_of(session: Session, agreed: SharingAgreement) -> Sequence[str]:
    """Addresses of the data officers of both bodies."""
    held = Membership.role == Role.DATA_OFFICER.value
    bodies = Team.partner_id.in_([key for key in (agreed.giver_id, agreed.receiver_id) if key])
    ours = Team.partner_id.is_(None) if agreed.giver_id is None else false()
    return session.scalars(
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .join(Team, Team.id == Membership.team_id)
        .where(User.is_active, held, or_(bodies, ours))
        .distinct()
        .order_by(User.email)
    ).all()


def _apply(
    session: Session, agreed: SharingAgreement, draft: AgreementDraft, *, viewer: Viewer
) -> None:
    giver = _partner(session, draft.giver, "giver")
    receiver = _partner(session, draft.receiver, "receiver")
    assert receiver is not None  # the draft names it
    if not viewer.is_operator and (giver.id if giver else None) not in _bodies(
        session, viewer, OFFICERS
    ):
        raise NotAllowed("Only a data officer of the body that gives can make this agreement.")
    is_public = giver is None or giver.kind in PUBLIC_BODIES
    if is_public and draft.lawful_basis in NOT_FOR_PUBLIC_BODIES:
        raise Invalid.field(
            "lawful_basis", "A public body cannot rest its own tasks on legitimate interests."
        )
    role_limits.require_loaded(session, draft.areas, draft.categories)
    agreed.giver_id, agreed.receiver_id = giver.id if giver else None, receiver.id
    agreed.kinds = [kind.value for kind in draft.kinds]
    agreed.lawful_basis = draft.lawful_basis.value
    for name in ("title", "areas", "categories", "fields", "purpose", "gateway", "terms"):
        setattr(agreed, name, getattr(draft, name))
    agreed.starts_on, agreed.ends_on = draft.starts_on, draft.ends_on


def _partner(session: Session, uid: uuid.UUID | None, field: str) -> Partner | None:
    if uid is None:
        return None
    found = session.scalar(select(Partner).where(Partner.uid == uid, Partner.is_active))
    if found is None:
        raise Invalid.field(field, "There is no such partner.")
    return found


def _query() -> Select[SharingAgreement]:
    return select(SharingAgreement).options(
        joinedload(SharingAgreement.giver),
        joinedload(SharingAgreement.receiver),
        joinedload(SharingAgreement.created_by),
    )


def _bodies(session: Session, viewer: Viewer, roles: frozenset[Role]) -> set[int | None]:
    """Keys of the bodies in one of whose teams the viewer has one of the roles."""
    if viewer.is_operator:
        return {None, *session.scalars(select(Partner.id))}
    keys = viewer.teams_where(roles)
    return set(session.scalars(select(Team.partner_id).where(Team.id.in_(keys)))) if keys else set()


def _may_read(session: Session, viewer: Viewer) -> ColumnElement[bool]:
    """Officers and auditors read what their bodies give; everybody what their bodies receive."""
    if viewer.is_operator:
        return true()
    given = _bodies(session, viewer, READERS)
    keys = [key for key in given if key is not None]
    own = [key for key in viewer.bodies if key is not None]
    ways: list[ColumnElement[bool]] = [
        SharingAgreement.giver_id.in_(keys),
        SharingAgreement.receiver_id.in_(own) & SharingAgreement.signed_on.is_not(None),
    ]
    if None in given:
        ways.append(SharingAgreement.giver_id.is_(None))
    return or_(*ways)


def _is_officers(agreed: SharingAgreement, bodies: set[int | None], viewer: Viewer) -> bool:
    return viewer.is_operator or agreed.giver_id in bodies


def _require_officer(session: Session, agreed: SharingAgreement, viewer: Viewer) -> None:
    spatial.lock_for_writing(session, f"agreement {agreed.uid}")
    if not _is_officers(agreed, _bodies(session, viewer, OFFICERS), viewer):
        raise NotAllowed("Only a data officer of the body that gives can do this.")


def _require_version(agreed: SharingAgreement, base_version: int) -> None:
    if agreed.version != base_version:
        raise Conflict("Somebody else has changed this agreement since. Look at it again.")


def _touch(session: Session, agreed: SharingAgreement, what: str, *, viewer: Viewer) -> None:
    agreed.version += 1
    agreed.updated_at = now()
    session.flush()  # a clash with somebody else shows here
    _note(session, agreed, what, viewer=viewer)


def _note(session: Session, agreed: SharingAgreement, what: str, *, viewer: Viewer) -> None:
    audit.note(
        session,
        AuditAction.SHARED,
        viewer=viewer,
        entity="agreement",
        uid=agreed.uid,
        agreement_id=agreed.id,
        teams=viewer.teams_where(OFFICERS),
        details={"what": what},
    )

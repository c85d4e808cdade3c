"""Whom to invite: lists that a team keeps, worked out anew for whoever opens them."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access, spatial
from assetmap.access import READS_CONTACTS, Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import (
    Engagement,
    Entry,
    InviteList,
    InviteSnapshot,
    Person,
    Team,
)
from assetmap.register import (
    audit,
    entries,
    invite_frozen,
    invite_hand,
    invite_people,
    invite_sources,
    person_access,
    plans,
    text_hygiene,
    together,
)
from assetmap.register.area_index import in_parts
from assetmap.register.invite_hand import Hand
from assetmap.register.invite_people import Built, Row
from assetmap.register.invite_sources import Found
from assetmap.schemas.invite_lists import Criteria, InviteListDraft
from assetmap.vocabulary import AuditAction, Kind, Role

BUILDERS = frozenset({Role.EDITOR, Role.ORGANISER})
MOST, MOST_REMOVED = 200, 10
BUILT_BY = "Only organisers and editors of the team build its invite lists."
NO_SUCH_LIST = "There is no such invite list, or it is not open to you."
STALE = "Somebody else changed this list a moment ago. Look at what it says now."


@dataclass(frozen=True)
class Put:
    """A list that was kept, and whether it is new, or other than before."""

    made: InviteList
    is_new: bool
    is_changed: bool


def readable(viewer: Viewer) -> ColumnElement[bool]:
    """Lists of the viewer's teams, for those there who may know people; one for an event that they
    may not see is not there."""
    if viewer.is_operator:
        return InviteList.removed_at.is_(None)
    if viewer.behind is not None:
        return false()
    seen = select(Entry.id).where(access.visible_entries(viewer)).correlate(None)
    return and_(
        InviteList.removed_at.is_(None),
        InviteList.team_id.in_(viewer.teams_where(READS_CONTACTS)),
        or_(InviteList.engagement_id.is_(None), InviteList.engagement_id.in_(seen)),
    )


def may_build(viewer: Viewer, team_id: int) -> bool:
    """Whether they build lists for a team: its editors and organisers."""
    return viewer.is_operator or (
        viewer.behind is None and bool(viewer.roles.get(team_id, frozenset()) & BUILDERS)
    )


def may_change(viewer: Viewer, made: InviteList) -> bool:
    """Whether they may change a list that they may read."""
    return may_build(viewer, made.team_id)


def every(
    session: Session, *, viewer: Viewer, event: Engagement | None = None
) -> Sequence[InviteList]:
    """The lists the viewer may read, those changed last first; of one event where it is given.
    Raises SignInFirst."""
    access.require_sign_in(viewer)
    query = whole().where(readable(viewer))
    if event is not None:
        query = query.where(InviteList.engagement_id == event.id)
    order = InviteList.updated_at.desc(), InviteList.id.desc()
    return session.scalars(query.order_by(*order).limit(MOST)).all()


def removed(session: Session, *, viewer: Viewer) -> Sequence[InviteList]:
    """Lists that were taken away, for those who may put them back; the last first."""
    keys = [team.id for team in teams(session, viewer=viewer)]
    query = whole().where(InviteList.removed_at.is_not(None), InviteList.team_id.in_(keys))
    return session.scalars(query.order_by(InviteList.removed_at.desc()).limit(MOST_REMOVED)).all()


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> InviteList:
    """Raises SignInFirst, NotFound."""
    access.require_sign_in(viewer)
    made = session.scalar(whole().where(InviteList.uid == uid, readable(viewer)))
    if made is None:
        raise NotFound(NO_SUCH_LIST)
    return made


def to_change(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> InviteList:
    """Raises NotFound, NotAllowed for who may only read it."""
    made = find(session, uid, viewer=viewer)
    require_change(made, viewer=viewer)
    return made


def require_change(made: InviteList, *, viewer: Viewer) -> None:
    """Raise NotAllowed unless the viewer builds lists for its team."""
    if not may_change(viewer, made):
        raise NotAllowed(BUILT_BY)


def teams(session: Session, *, viewer: Viewer) -> Sequence[Team]:
    """The teams that the viewer builds lists for, by name."""
    query = select(Team).order_by(Team.name).limit(MOST)
    if not viewer.is_operator:
        keys = [key for key in viewer.teams_where(BUILDERS) if may_build(viewer, key)]
        query = query.where(Team.id.in_(keys))
    return session.scalars(query).all()


def require_building(session: Session, event: Engagement | None, *, viewer: Viewer) -> None:
    """Raise SignInFirst, or NotAllowed for who builds no lists for the event's team, or for any."""
    access.require_sign_in(viewer)
    if event is not None:
        plans.require_inside(session, event, viewer=viewer)
    allowed = may_build(viewer, event.team_id) if event else teams(session, viewer=viewer)
    if not allowed:
        raise NotAllowed(BUILT_BY)


def put(
    session: Session,
    uid: uuid.UUID,
    draft: InviteListDraft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> Put:
    """Keep a list under its uid, or change what it is made of; the same again changes nothing.

    base_version: of the list that was changed. Raises SignInFirst, NotAllowed, Invalid by field,
    NotFound for an event that is not there, Conflict where somebody changed it meanwhile.
    """
    access.require_sign_in(viewer)
    spatial.lock_for_writing(session, f"invite list {uid}")
    kept = session.scalar(
        whole().where(InviteList.uid == uid).execution_options(populate_existing=True)
    )
    if kept is None:
        made = _begin(session, uid, draft, viewer=viewer)
    else:
        made = to_change(session, uid, viewer=viewer)
        if draft.event is not None and (
            made.engagement is None or made.engagement.uid != draft.event
        ):
            raise Invalid.field("event", "A list stays with its event. Build another.")
    said = draft.criteria.kept
    if kept is not None and (kept.name, kept.criteria) == (draft.name, said):
        return Put(made, is_new=False, is_changed=False)
    if kept is not None and base_version != kept.version:
        raise Conflict(STALE)
    if kept is not None and kept.frozen_at is not None and kept.criteria != said:
        raise Conflict("This list is frozen. Make it live again to change where it comes from.")
    if kept is None or draft.name != made.name:
        text_hygiene.refuse("name", draft.name)
    if kept is None or kept.criteria != said:
        invite_sources.check(session, draft.criteria, viewer=viewer)
    made.name, made.criteria = draft.name, said
    _touch(made, is_new=kept is None, viewer=viewer)
    session.add(made)
    session.flush()  # a uid that is taken shows here
    with_body = whole().where(InviteList.id == made.id)  # for who works the list out next
    session.scalars(with_body.execution_options(populate_existing=True)).one()
    action = AuditAction.CREATED if kept is None else AuditAction.CHANGED
    invite_hand.note(session, made, "built" if kept is None else "changed", viewer=viewer)
    _note(session, action, made, viewer=viewer, fields=["name", *sorted(said)])
    return Put(made, is_new=kept is None, is_changed=True)


def remove(session: Session, made: InviteList, *, viewer: Viewer) -> None:
    """Take it off the lists; who was asked stays known. Raises NotAllowed."""
    require_change(made, viewer=viewer)
    made.removed_at = now()
    _touch(made, is_new=False, viewer=viewer)
    _note(session, AuditAction.WITHDRAWN, made, viewer=viewer)


def put_back(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> InviteList:
    """Undo that. Raises NotFound, NotAllowed."""
    access.require_sign_in(viewer)
    made = session.scalar(whole().where(InviteList.uid == uid, InviteList.removed_at.is_not(None)))
    if made is None or not may_change(viewer, made):
        raise NotFound(NO_SUCH_LIST)
    made.removed_at = None
    _touch(made, is_new=False, viewer=viewer)
    session.flush()  # it is looked for next
    _note(session, AuditAction.BROUGHT_BACK, made, viewer=viewer)
    return find(session, uid, viewer=viewer)


def criteria_of(made: InviteList) -> Criteria:
    """What it is made of."""
    return Criteria.model_validate(made.criteria)


def build(
    session: Session,
    made: InviteList,
    *,
    viewer: Viewer,
    hand: Hand | None = None,
    frozen_to: InviteSnapshot | None = None,
    beside: Callable[[Found], Sequence[together.Query]] = lambda _: (),
) -> Built:
    """Who is on it, for who has found it: worked out now, or as it was frozen; as far as the viewer
    may know the groups and the people, and without those who said no since. Whoever shows names
    puts them on the account with `note_read`. hand: of the list `opened` just now;
    beside: what to ask along of the groups that were found; frozen_to: the copy a frozen list keeps
    to, where that was read."""
    hand = invite_hand.of(session, made) if hand is None else hand
    taken = None
    if made.frozen_at is not None:
        taken = frozen_to or invite_frozen.last(session, made)
    if taken is not None:
        found, kept = invite_frozen.read(session, taken, viewer=viewer)
    else:
        found = invite_sources.find(session, made, criteria_of(made), viewer=viewer)
        kept = invite_people.at(session, found.groups, viewer=viewer)
    return invite_people.reach(session, made, found, kept, hand, beside(found), viewer=viewer)


def freeze(session: Session, made: InviteList, *, viewer: Viewer) -> InviteSnapshot:
    """Keep to whom it comes to now, until it is made live again. Raises NotAllowed, Conflict where
    it is frozen."""
    if made.frozen_at is not None:
        raise Conflict("This list is frozen already.")
    taken = keep(session, made, viewer=viewer, is_frozen=True)
    made.frozen_at = taken.taken_at
    _touch(made, is_new=False, viewer=viewer)
    return taken


def make_live(session: Session, made: InviteList, *, viewer: Viewer) -> None:
    """Work it out anew from now on; what it was frozen to stays kept. Raises NotAllowed."""
    require_change(made, viewer=viewer)
    if made.frozen_at is not None:
        made.frozen_at = None
        _touch(made, is_new=False, viewer=viewer)
        invite_hand.note(session, made, "live", viewer=viewer)


def keep(
    session: Session, made: InviteList, *, viewer: Viewer, is_frozen: bool = False
) -> InviteSnapshot:
    """Keep a copy of what it comes to now, to compare with. Raises NotAllowed."""
    require_change(made, viewer=viewer)
    spatial.lock_for_writing(session, f"invite list {made.uid}")
    built = build(session, made, viewer=viewer)
    taken = invite_frozen.take(session, made, built, viewer=viewer, is_frozen=is_frozen)
    invite_hand.note(session, made, "frozen" if is_frozen else "copied", viewer=viewer)
    return taken


def note_read(session: Session, made: InviteList, rows: Sequence[Row], *, viewer: Viewer) -> None:
    """Keep account of people whose names and roles were shown; a row for each agreement that
    opened some."""
    note_shown(session, made, [(row.person, row.agreement_id) for row in rows], viewer=viewer)


def note_shown(
    session: Session,
    made: InviteList,
    shown: Iterable[tuple[Person, int | None]],
    *,
    viewer: Viewer,
) -> None:
    """The same of people, each with the agreement that alone shows them."""
    parts: dict[int | None, list[Person]] = {}
    for person, agreement in shown:
        parts.setdefault(agreement, []).append(person)
    for agreement, people in parts.items():
        _note_people(session, made, people, agreement, viewer=viewer)


def note_people(
    session: Session, made: InviteList, people: Sequence[Person], *, viewer: Viewer
) -> None:
    """The same where it is not known yet by which agreement each was shown."""
    used = person_access.agreement_used(viewer)
    by_key = {person.id: person for person in people}
    for part in in_parts(sorted(by_key)):
        rows = session.execute(select(Person.id, used).where(Person.id.in_(part)))
        shown = [(by_key[key], agreement) for key, agreement in rows]
        note_shown(session, made, shown, viewer=viewer)


def _note_people(
    session: Session,
    made: InviteList,
    people: Sequence[Person],
    agreement_id: int | None,
    *,
    viewer: Viewer,
) -> None:
    audit.note(
        session,
        AuditAction.READ,
        viewer=viewer,
        entity="person",
        entries=people,
        fields=["name", "role"],
        agreement_id=agreement_id,
        details={"kind": "contact", "list": str(made.uid)},
    )


def _begin(
    session: Session, uid: uuid.UUID, draft: InviteListDraft, *, viewer: Viewer
) -> InviteList:
    event: Engagement | None = None
    if draft.event is not None:
        found = entries.find(session, draft.event, viewer=viewer, kind=Kind.ENGAGEMENT)
        assert isinstance(found, Engagement)  # the kind that was asked for
        event = found
    require_building(session, event, viewer=viewer)
    if event is not None:
        team_id = event.team_id
    else:
        mine = {team.uid: team.id for team in teams(session, viewer=viewer)}
        if draft.team is None and len(mine) > 1:
            raise Invalid.field("team", "Choose the team that keeps it.")
        if draft.team is not None and draft.team not in mine:
            raise Invalid.field("team", "Choose a team that you build lists for.")
        team_id = mine[draft.team] if draft.team is not None else next(iter(mine.values()))
    return InviteList(
        uid=uid,
        team_id=team_id,
        engagement_id=event.id if event else None,
        version=0,
        created_by_id=viewer.user_id,
    )


def _touch(made: InviteList, *, is_new: bool, viewer: Viewer) -> None:
    made.version = 1 if is_new else made.version + 1
    made.updated_at, made.updated_by_id = now(), viewer.user_id


def whole() -> Select[InviteList]:
    """Lists with their team and its body, their event and whoever changed them last."""
    return select(InviteList).options(
        joinedload(InviteList.team).joinedload(Team.partner),
        joinedload(InviteList.engagement),
        joinedload(InviteList.updated_by),
    )


def _note(
    session: Session,
    action: AuditAction,
    made: InviteList,
    *,
    viewer: Viewer,
    fields: Sequence[str] = (),
) -> None:
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="invite_list",
        uid=made.uid,
        teams=[made.team_id],
        fields=fields,
    )

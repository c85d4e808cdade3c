"""What an invite list came to on a day: keeping it, keeping to it, and what became other since.

A snapshot holds keys, rules and reasons. Names are looked up when it is read, and consent is asked
again: whoever was erased, said no or may not be seen by the reader is on no frozen list either.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased, defer, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import NotFound
from assetmap.models import Asset, Entry, InviteList, InviteSnapshot, Person
from assetmap.register import contacting, person_access
from assetmap.register.area_index import in_parts
from assetmap.register.invite_people import REMOVED, Built, Kept, Row, Through
from assetmap.register.invite_sources import Found, GroupFound, Reason

MOST_KEPT = 50
IN = ("in", "asked")
ELSEWHERE = "a place that is not open to you"


@dataclass(frozen=True)
class Known:
    """People by the keys of a snapshot, in the order of their names, those the viewer may know of
    by now; whoever was merged since is whom they were merged into. taken_out: keys of those of the
    viewer's own teams who were taken out or erased since."""

    people: Mapping[int, Kept]
    taken_out: frozenset[int]


def take(
    session: Session, made: InviteList, built: Built, *, viewer: Viewer, is_frozen: bool
) -> InviteSnapshot:
    """Keep what a list comes to now."""
    taken = InviteSnapshot(
        list_id=made.id,
        taken_at=now(),
        taken_by_id=viewer.user_id,
        is_frozen=is_frozen,
        held=held_of(built) | {"hotspot": made.criteria.get("hotspot", "")},
    )
    session.add(taken)
    session.flush()  # it is looked for next
    return taken


def held_of(built: Built) -> dict[str, Any]:
    """What is kept of it."""
    out = ((row, part.rule) for part in built.left_out for row in part.all)
    rows = [
        *(_row(row, "in", "") for row in built.rows),
        *(_row(row, "asked", "") for row in built.asked),
        *(_row(row, "out", rule) for row, rule in out),
    ]
    groups = [
        [group.id, [[reason.rule, reason.place] for reason in group.reasons]]
        for group in built.groups
    ]
    return {"groups": groups, "people": rows}


def every(
    session: Session, made: InviteList, whole: Collection[uuid.UUID] = ()
) -> Sequence[InviteSnapshot]:
    """Those that are kept of a list, the last first; what they hold, which may be thousands of
    people each, is read of the last, of the one a frozen list keeps to, and of those in `whole`."""
    its = InviteSnapshot.list_id == made.id
    last = select(func.max(InviteSnapshot.id)).where(its)
    kept_to = last.where(InviteSnapshot.is_frozen).scalar_subquery()
    read = or_(
        InviteSnapshot.id == last.scalar_subquery(),
        InviteSnapshot.uid.in_(whole),
        and_(literal(made.frozen_at is not None), InviteSnapshot.id == kept_to),
    )
    query = (
        select(InviteSnapshot, case((read, InviteSnapshot.held)))
        .where(its)
        .options(joinedload(InviteSnapshot.taken_by), defer(InviteSnapshot.held, raiseload=True))
        .order_by(InviteSnapshot.id.desc())
        .limit(MOST_KEPT)
    )
    found = [(taken, held) for taken, held in session.execute(query)]
    for taken, held in found:
        if held is not None:
            set_committed_value(taken, "held", held)
    return [taken for taken, _ in found]


def one(session: Session, made: InviteList, uid: uuid.UUID) -> InviteSnapshot:
    """Raises NotFound."""
    query = select(InviteSnapshot).where(
        InviteSnapshot.list_id == made.id, InviteSnapshot.uid == uid
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such copy of this list.")
    return found


def last(session: Session, made: InviteList) -> InviteSnapshot | None:
    """The one that a frozen list keeps to."""
    query = select(InviteSnapshot).where(
        InviteSnapshot.list_id == made.id, InviteSnapshot.is_frozen
    )
    return session.scalar(query.order_by(InviteSnapshot.id.desc()).limit(1))


def read(
    session: Session, taken: InviteSnapshot, *, viewer: Viewer
) -> tuple[Found, dict[int, Kept]]:
    """The groups and people of a snapshot as they were, those of them the viewer may know of; who
    was left out then is not among them."""
    found = groups(session, taken.held, viewer=viewer)
    rows = {row["person"]: row for row in taken.held["people"]}
    people = known(session, rows, viewer=viewer).people
    kept: dict[int, Kept] = {}
    brought: set[int] = set()  # groups of whom the snapshot keeps to somebody, known or not
    knew: set[int] = set()  # groups at which the viewer knows somebody
    for row in rows.values():
        brought |= _groups_of(row) if _is_kept_to(row) else set()
    for key, one in people.items():
        if not _is_kept_to(rows[key]):
            knew |= _groups_of(rows[key])
            continue
        entry = kept.setdefault(one.person.id, one)
        for way in through(rows[key], found):
            entry.through.setdefault(way.group.id, way)
    in_order = sorted(found.values(), key=lambda group: group.title.casefold())
    return Found(in_order, left_then=frozenset(knew & found.keys() - brought)), kept


def through(row: Mapping[str, Any], found: Mapping[int, GroupFound]) -> list[Through]:
    """By which of these groups somebody is there, as the row of a snapshot says."""
    return [
        Through(found[way["group"]], way["title"])
        for way in row["through"]
        if way["group"] in found
    ]


def _groups_of(row: Mapping[str, Any]) -> set[int]:
    return {way["group"] for way in row["through"]}


def _is_kept_to(row: Mapping[str, Any]) -> bool:
    """Whether somebody is on a frozen list as far as the snapshot says: what was done by hand
    before is looked up anew, so that it can be undone."""
    return not row.get("by_hand") and (row["state"] in IN or row["rule"] == REMOVED)


def _row(row: Row, state: str, rule: str) -> dict[str, Any]:
    return {
        "person": row.person.id,
        "state": state,
        "rule": rule,
        "through": [{"group": way.group.id, "title": way.title} for way in row.through],
        "by_hand": row.by_hand is not None and row.by_hand.verb == "added" and not row.through,
        "ways": {channel.value: given.lawful_basis for channel, given in row.ways.items()},
    }


def groups(session: Session, held: Mapping[str, Any], *, viewer: Viewer) -> dict[int, GroupFound]:
    """The groups of a snapshot that the viewer may see, as they are called now."""
    reasons = dict(held["groups"])
    hidden = _hidden_place(session, held.get("hotspot", ""), viewer=viewer)
    found: dict[int, GroupFound] = {}
    asset = Asset.__table__.c
    for part in in_parts(sorted(reasons)):
        rows = session.execute(
            select(Entry.id, Entry.uid, Entry.title, asset.serves)
            .join(Asset.__table__, asset.id == Entry.id)
            .where(Entry.id.in_(part), access.visible_entries(viewer))
        )
        for key, uid, title, serves in rows:
            why = [
                Reason(rule, ELSEWHERE if hidden and place.startswith(hidden) else place)
                for rule, place in reasons[key]
            ]
            found[key] = GroupFound(key, uid, title, serves, why)
    return found


def _hidden_place(session: Session, hotspot: str, *, viewer: Viewer) -> str:
    """What the hotspot of a snapshot is called, where the viewer may not know that; else ""."""
    if not hotspot:
        return ""
    its = Entry.uid == uuid.UUID(hotspot)
    if session.scalar(select(Entry.id).where(its, access.visible_entries(viewer))) is not None:
        return ""
    return session.scalar(select(Entry.title).where(its)) or ""


def known(session: Session, keys: Collection[int], *, viewer: Viewer) -> Known:
    """Who these are."""
    was = aliased(Person)
    seen = person_access.visible_people(viewer)
    taken_out = or_(Person.withdrawn_at.is_not(None), Person.erased_at.is_not(None))
    gone = and_(taken_out, person_access.of_own_teams(viewer))
    agreement = person_access.agreement_used(viewer)
    people: dict[int, Kept] = {}
    away: set[int] = set()
    for part in in_parts(sorted(keys)):
        query = (
            select(was.id, Person, agreement, contacting.has_role(now()), seen.label("seen"))
            .select_from(was)
            .join(Person, Person.id == func.coalesce(was.merged_into_id, was.id))
            .where(was.id.in_(part), or_(seen, gone))
            .order_by(was.id)
        )
        for key, person, opened_by, held, is_seen in session.execute(contacting.with_bodies(query)):
            if not is_seen:
                away.add(key)
                continue
            of_team = person_access.is_of_team(viewer, person)
            people[key] = Kept(person, opened_by, of_team, bool(held))
    in_order = sorted(people.items(), key=lambda one: (one[1].person.name.casefold(), one[0]))
    return Known(dict(in_order), frozenset(away))

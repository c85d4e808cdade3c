"""What an invite list came to on a day: keeping it, keeping to it, and what became other since.

A snapshot holds keys, rules and reasons. Names are looked up when it is read, and consent is asked
again: whoever was erased, said no or may not be seen by the reader is on no frozen list either.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

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
class Other:
    """Somebody who came onto a list or went from it. rule: by which they are left out now, ""
    where they came; "not_found" where no group brings them any more."""

    person: Person
    rule: str
    through: Sequence[Through] = ()


@dataclass(frozen=True)
class Difference:
    """Between two days, of those whom the viewer may know of. gone: how many more of the viewer's
    own teams came or went and were taken out or erased since."""

    came: Sequence[Other]
    went: Sequence[Other]
    stayed: int
    gone: int = 0


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


def every(session: Session, made: InviteList) -> Sequence[InviteSnapshot]:
    """Those that are kept of a list, the last first."""
    query = select(InviteSnapshot).where(InviteSnapshot.list_id == made.id)
    query = query.options(joinedload(InviteSnapshot.taken_by))
    return session.scalars(query.order_by(InviteSnapshot.id.desc()).limit(MOST_KEPT)).all()


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
    groups = _groups(session, taken.held, viewer=viewer)
    rows = {row["person"]: row for row in taken.held["people"] if _is_kept_to(row)}
    kept: dict[int, Kept] = {}
    for one, was in _people(session, rows, viewer=viewer):
        entry = kept.setdefault(one.person.id, one)
        for way in _through(was, groups):
            entry.through.setdefault(way.group.id, way)
    return Found(
        sorted(groups.values(), key=lambda group: group.title.casefold()),
        left_then=_left_then(session, taken, groups.keys() - _all_through(rows), viewer=viewer),
    ), kept


def _left_then(
    session: Session, taken: InviteSnapshot, among: Collection[int], *, viewer: Viewer
) -> frozenset[int]:
    """The groups among these at which the viewer knows somebody who was left out then."""
    rows = {
        row["person"]: row
        for row in taken.held["people"]
        if not _is_kept_to(row) and not _all_through({0: row}).isdisjoint(among)
    }
    found = {was["person"]: was for _, was in _people(session, rows, viewer=viewer)}
    return frozenset(_all_through(found).intersection(among))


def _all_through(rows: Mapping[int, Any]) -> set[int]:
    return {way["group"] for row in rows.values() for way in row["through"]}


def difference(
    session: Session, before: Mapping[str, Any], after: Mapping[str, Any], *, viewer: Viewer
) -> Difference:
    """Who came and who went between two states of a list, and why. before, after: as `held_of`
    gives them."""
    was = {row["person"] for row in before["people"] if row["state"] in IN}
    rows = {row["person"]: row for row in after["people"]}
    is_ = {key for key, row in rows.items() if row["state"] in IN}
    blank = {"through": [], "rule": "not_found"}
    both = {key: (key, rows.get(key, blank)) for key in was | is_}
    groups = _groups(session, after, viewer=viewer)
    came: list[Other] = []
    went: list[Other] = []
    stayed, seen = 0, set[int]()
    for one, (key, row) in _people(session, both, viewer=viewer):
        seen.add(key)
        person = one.person
        if key in was & is_:
            stayed += 1
        elif key in is_:
            came.append(Other(person, "", _through(row, groups)))
        else:
            went.append(
                Other(person, row["rule"] if one.of_team else "not_ours", _through(row, groups))
            )
    return Difference(came, went, stayed, _gone(session, (was ^ is_) - seen, viewer=viewer))


def _through(row: Mapping[str, Any], groups: Mapping[int, GroupFound]) -> list[Through]:
    return [
        Through(groups[way["group"]], way["title"])
        for way in row["through"]
        if way["group"] in groups
    ]


def _gone(session: Session, keys: Iterable[int], *, viewer: Viewer) -> int:
    """How many of these were taken out or erased, of the viewer's own teams."""
    taken_out = or_(Person.withdrawn_at.is_not(None), Person.erased_at.is_not(None))
    own = person_access.of_own_teams(viewer)
    return sum(
        session.scalar(
            select(func.count()).select_from(Person).where(Person.id.in_(part), taken_out, own)
        )
        or 0
        for part in in_parts(sorted(keys))
    )


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


def _groups(session: Session, held: Mapping[str, Any], *, viewer: Viewer) -> dict[int, GroupFound]:
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


def _people(
    session: Session, rows: Mapping[int, Any], *, viewer: Viewer
) -> Iterable[tuple[Kept, Any]]:
    """Of these keys, the people whom the viewer may know of by now, by name; who was merged since
    is whom they were merged into."""
    was = aliased(Person)
    agreement = person_access.agreement_used(viewer)
    found: dict[int, tuple[Kept, Any]] = {}
    for part in in_parts(sorted(rows)):
        query = (
            select(was.id, Person, agreement, contacting.has_role(now()))
            .select_from(was)
            .join(Person, Person.id == func.coalesce(was.merged_into_id, was.id))
            .where(was.id.in_(part), person_access.visible_people(viewer))
            .order_by(was.id)
        )
        for key, person, opened_by, held in session.execute(contacting.with_bodies(query)):
            of_team = person_access.is_of_team(viewer, person)
            kept = Kept(person, opened_by, of_team, bool(held))
            found.setdefault(person.id, (kept, rows[key]))
    return sorted(found.values(), key=lambda one: (one[0].person.name.casefold(), one[0].person.id))

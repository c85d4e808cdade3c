"""Who came onto an invite list and who went from it, between two days, and why."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.models import InviteSnapshot, Person
from assetmap.register import invite_frozen, invite_lists
from assetmap.register.invite_frozen import Known
from assetmap.register.invite_opening import Opened
from assetmap.register.invite_people import Kept, Through
from assetmap.register.invite_sources import GroupFound

IN = ("in", "asked")
_NOT_FOUND: Mapping[str, Any] = {"through": [], "rule": "not_found"}


@dataclass(frozen=True)
class Other:
    """Somebody who came onto a list or went from it. rule: by which they are left out now, ""
    where they came; "not_found" where no group brings them any more."""

    person: Person
    agreement_id: int | None
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


@dataclass(frozen=True)
class Compared:
    """Two copies of a list, `after` being none where it is compared with now, and what is other.
    people: by key, those asked for besides whom the viewer may know of."""

    copies: Sequence[InviteSnapshot]
    before: InviteSnapshot | None
    after: InviteSnapshot | None
    changed: Difference | None
    people: Mapping[int, Kept]


def compare(
    session: Session,
    opened: Opened,
    before: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    *,
    beside: Collection[int] = (),
    viewer: Viewer,
) -> Compared:
    """Two copies of a list: the last one and now, unless others are named. beside: keys of people
    to be looked up along. Raises NotFound for a copy that is none of its."""
    made = opened.made
    copies = invite_frozen.every(session, made, [uid for uid in (before, after) if uid])

    def named(uid: uuid.UUID | None) -> InviteSnapshot | None:
        if uid is None:
            return None
        here = (one for one in copies if one.uid == uid)
        return next(here, None) or invite_frozen.one(session, made, uid)

    was, is_ = named(before) or next(iter(copies), None), named(after)
    if was is None:
        people = invite_frozen.known(session, beside, viewer=viewer).people
        return Compared(copies, None, is_, None, people)
    if is_ is None:
        kept_to = next((one for one in copies if one.is_frozen), None)
        built = invite_lists.build(
            session, made, viewer=viewer, hand=opened.hand, frozen_to=kept_to
        )
        held = invite_frozen.held_of(built)
        groups: Mapping[int, GroupFound] = {group.id: group for group in built.groups}
    else:
        held, groups = is_.held, invite_frozen.groups(session, is_.held, viewer=viewer)
    keys = {row["person"] for state in (was.held, held) for row in _on_it(state)}
    known = invite_frozen.known(session, keys | set(beside), viewer=viewer)
    return Compared(copies, was, is_, _difference(was.held, held, known, groups), known.people)


def _on_it(held: Mapping[str, Any]) -> list[Any]:
    return [row for row in held["people"] if row["state"] in IN]


def _difference(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    known: Known,
    groups: Mapping[int, GroupFound],
) -> Difference:
    """before, after: as `invite_frozen.held_of` gives them."""
    was, is_ = ({row["person"] for row in _on_it(state)} for state in (before, after))
    rows = {row["person"]: row for row in after["people"]}
    came: list[Other] = []
    went: list[Other] = []
    stayed = 0
    for one, keys in _merged(known, was | is_):
        row = next(
            (rows[key] for key in sorted(keys, key=is_.__contains__, reverse=True) if key in rows),
            _NOT_FOUND,
        )
        ways = invite_frozen.through(row, groups)
        if keys & was and keys & is_:
            stayed += 1
        elif keys & is_:
            came.append(Other(one.person, one.agreement_id, "", ways))
        else:
            rule = row["rule"] if one.of_team else "not_ours"
            went.append(Other(one.person, one.agreement_id, rule, ways))
    return Difference(came, went, stayed, len((was ^ is_) & known.taken_out))


def _merged(known: Known, among: Collection[int]) -> list[tuple[Kept, set[int]]]:
    """Who these are, each with all the keys that are theirs by now, as people are merged."""
    found: dict[int, tuple[Kept, set[int]]] = {}
    for key, one in known.people.items():
        if key in among:
            found.setdefault(one.person.id, (one, set()))[1].add(key)
    return list(found.values())

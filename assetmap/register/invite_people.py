"""Who is reached through the groups of an invite list: each once, why, on what basis; and who is
left out, by which rule.

Nobody is on it whom the viewer may not know of. Of those who are left out, names are for the team
that keeps them; of people known under an agreement it is not even said by which rule, because what
they agreed to is no partner's to know.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import textsearch
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import (
    Consent,
    Entry,
    Invitation,
    InviteAct,
    InviteList,
    Person,
    PersonRole,
)
from assetmap.register import contacting, deployment, invite_past, person_access, together
from assetmap.register.area_index import in_parts
from assetmap.register.asker import Asker
from assetmap.register.contacting import Decision
from assetmap.register.invite_hand import Hand
from assetmap.register.invite_places import Places
from assetmap.register.invite_sources import Found, GroupFound
from assetmap.vocabulary import ContactChannel, ContactPurpose

PURPOSE = ContactPurpose.ENGAGEMENT_INVITE
OVER_ASKED, NOT_OURS, REMOVED = "over_asked", "not_ours", "removed"
# by which rule somebody is left out, where each channel has one of its own: the strongest first
OPTED_OUT = "opted_out"
RULES = (
    *("do_not_contact", "restricted", "gone", "age", "no_role", OPTED_OUT, "expired"),
    *("ground", "not_named", "none", "no_address", "unseen"),
)
_ORDER = (*RULES, OVER_ASKED, REMOVED, NOT_OURS)
# what ends that somebody stands among those who were asked
ENDED = frozenset({"do_not_contact", "restricted", "gone", OPTED_OUT})
_SAID_NO = frozenset({"do_not_contact", "restricted", "suppressed", "withdrawn"})
_SHOWN_AS = {"suppressed": OPTED_OUT, "withdrawn": OPTED_OUT}
Ways = Mapping[ContactChannel, Consent]
Decided = Mapping[uuid.UUID, Mapping[ContactChannel, Decision]]


@dataclass(frozen=True)
class Through:
    """A group by which somebody is on the list, and what they are there."""

    group: GroupFound
    title: str


@dataclass(frozen=True)
class Row:
    """Somebody, through which groups, and what they may be asked by, with the record that it rests
    on. people: the same person as often as they are kept. asked: when and how they have been, and
    answer: what they said to that, "" where no answer is kept of it.
    by_hand: who added or removed them, and why. times, came: how often they were asked of late, for
    anything, and how often of that they were ticked off at the door."""

    person: Person
    through: Sequence[Through]
    ways: Ways = field(default_factory=dict)
    people: Sequence[Person] = ()
    agreement_id: int | None = None
    of_team: bool = True
    asked: Invitation | None = None
    answer: str = ""
    by_hand: InviteAct | None = None
    times: int = 0
    came: int = 0

    @property
    def best(self) -> ContactChannel | None:
        """What they like best of the ways they may be asked, or the first of these."""
        liked = [one for one in self.ways if one == self.person.preferred_channel]
        return next(iter([*liked, *self.ways]), None)


@dataclass(frozen=True)
class LeftOut:
    """Whom one rule leaves out. all: never shown, but for how many there are; named: those whom
    the viewer may know that of."""

    rule: str
    all: Sequence[Row]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.all)

    @property
    def named(self) -> Sequence[Row]:
        """Those known as one of their team knows them."""
        return [row for row in self.all if row.of_team]


@dataclass(frozen=True)
class Built:
    """What a list comes to. rows: may be asked; asked: have been; silent: groups at which the
    viewer knows nobody. groups: how many there are of all. places: as of what was found; beside:
    what was asked along."""

    rows: Sequence[Row] = ()
    asked: Sequence[Row] = ()
    left_out: Sequence[LeftOut] = ()
    silent: Sequence[GroupFound] = ()
    groups: Sequence[GroupFound] = ()
    notes: Sequence[str] = ()
    too_many: int = 0
    places: Places | None = None
    beside: Sequence[together.Rows] = ()

    @property
    def known(self) -> int:
        """How many people it was chosen from."""
        return len(self.rows) + len(self.asked) + sum(one.count for one in self.left_out)


@dataclass
class Kept:
    """A row of `person` with what it is seen by, while the list is put together. has_role: today,
    anywhere, as everybody has who is on it through a group."""

    person: Person
    agreement_id: int | None
    of_team: bool
    has_role: bool = True
    through: dict[int, Through] = field(default_factory=dict)


def reach(
    session: Session,
    made: InviteList,
    found: Found,
    kept: Mapping[int, Kept],
    hand: Hand,
    beside: Sequence[together.Query] = (),
    *,
    viewer: Viewer,
) -> Built:
    """What a list comes to, those that may be asked by name. kept: the people of its groups, by
    key; hand: what was changed by hand and holds; beside: what is asked along."""
    kept = _with_added(session, kept, hand, viewer=viewer)
    decided, before_now, others = _decided(
        session, kept.values(), PURPOSE, beside, viewer=viewer, made=made
    )
    times, already, came = invite_past.counted(session, made, before_now)
    answers = {one.id: answer for one, _, answer in before_now if answer}
    most, _ = deployment.asked_limit(session)
    rows: list[Row] = []
    asked: list[Row] = []
    out: dict[str, list[Row]] = {}
    for same in _each_once(kept.values()):
        keys = [one.person.id for one in same]
        often, ticked = (sum(some.get(key, 0) for key in keys) for some in (times, came))
        row = replace(_row(same, decided), times=often, came=ticked)
        before = next((already[key] for key in keys if key in already), None)
        by_hand = next((hand.removed[key] for key in keys if key in hand.removed), None)
        rule = _rule(row, same, decided)
        if before is not None and rule not in ENDED:
            asked.append(replace(row, asked=before, answer=answers.get(before.id, "")))
        elif before is not None:  # whoever said no since stands under that
            out.setdefault(rule, []).append(replace(row, asked=before))
        elif rule:
            out.setdefault(rule, []).append(row)
        elif by_hand is not None:
            out.setdefault(REMOVED, []).append(replace(row, by_hand=by_hand))
        elif often >= most:
            out.setdefault(OVER_ASKED, []).append(row)
        else:
            added = next((hand.added[key] for key in keys if key in hand.added), None)
            rows.append(replace(row, by_hand=added))
    known = {group for row in (*rows, *asked, *_all(out)) for group in _groups_of(row)}
    known |= found.left_then
    return Built(
        rows,
        asked,
        [LeftOut(rule, out[rule]) for rule in _ORDER if rule in out],
        [group for group in found.groups if group.id not in known],
        found.groups,
        found.notes,
        found.too_many,
        found.places,
        others,
    )


def each(
    session: Session,
    kept: Mapping[int, Kept],
    purpose: ContactPurpose,
    beside: Sequence[together.Query],
    *,
    viewer: Viewer,
) -> tuple[list[Row], list[together.Rows]]:
    """These people, each once, with how they may be asked for a purpose; and what is asked along
    finds."""
    decided, _, found = _decided(session, kept.values(), purpose, beside, viewer=viewer)
    return [_row(same, decided) for same in _each_once(kept.values())], found


def _decided(
    session: Session,
    kept: Iterable[Kept],
    purpose: ContactPurpose,
    beside: Sequence[together.Query],
    *,
    viewer: Viewer,
    made: InviteList | None = None,
) -> tuple[Decided, together.Rows, list[together.Rows]]:
    """How each may be asked; of a list with what they were asked of late, or by it; and what is
    asked along finds."""
    wanted = [(one.person, one.has_role) for one in kept]
    decided: dict[uuid.UUID, Mapping[ContactChannel, Decision]] = {}
    asked: together.Rows = []
    others: list[together.Rows] = []
    for start in range(0, max(len(wanted), 1), contacting.AT_ONCE):
        some = wanted[start : start + contacting.AT_ONCE]
        own = [invite_past.asked(session, made, [person.id for person, _ in some])] if made else []
        along = [*own, *(() if start else beside)]
        by = Asker.of(made.team) if made else None
        ways, found = contacting.of_seen(session, some, purpose, viewer=viewer, by=by, beside=along)
        decided |= ways
        asked += found[0] if own else []
        others += found[len(own) :]
    return decided, asked, others


def _with_added(
    session: Session, kept: Mapping[int, Kept], hand: Hand, *, viewer: Viewer
) -> dict[int, Kept]:
    """The same with those added by hand whom the viewer may know of, by name."""
    found = dict(kept)
    missing = sorted(hand.added.keys() - found.keys())
    agreement = person_access.agreement_used(viewer)
    for part in in_parts(missing):
        query = select(Person, agreement, contacting.has_role(now()))
        query = query.where(Person.id.in_(part), person_access.visible_people(viewer))
        for person, opened_by, held in session.execute(contacting.with_bodies(query)):
            of_team = person_access.is_of_team(viewer, person)
            found[person.id] = Kept(person, opened_by, of_team, bool(held))
    return _by_name(found.values())


def _by_name(kept: Iterable[Kept]) -> dict[int, Kept]:
    order = sorted(kept, key=lambda one: (_folded(one.person.name), one.person.id))
    return {one.person.id: one for one in order}


def at(session: Session, groups: Sequence[GroupFound], *, viewer: Viewer) -> dict[int, Kept]:
    """Everybody with a role at one of the groups today whom the viewer may know of, by key."""
    by_key = {group.id: group for group in groups}
    kept: dict[int, Kept] = {}
    agreement = person_access.agreement_used(viewer)
    for part in in_parts(sorted(by_key)):
        query = (
            select(Person, PersonRole.entry_id, PersonRole.title, agreement)
            .join(PersonRole, PersonRole.person_id == Person.id)
            .join(Entry, Entry.id == PersonRole.entry_id)
            .where(
                PersonRole.entry_id.in_(part),
                person_access.holds(now()),
                person_access.shown_roles(viewer),
            )
            .order_by(PersonRole.id)
        )
        rows = session.execute(contacting.with_bodies(query))
        for person, group, title, opened_by in rows:
            of_team = person_access.is_of_team(viewer, person)
            one = kept.setdefault(person.id, Kept(person, opened_by, of_team))
            one.through.setdefault(group, Through(by_key[group], title))
    return kept


def _each_once(kept: Iterable[Kept]) -> list[list[Kept]]:
    """The same name with the same address or number is one person, whichever team keeps them."""
    found: dict[tuple[str, str], list[Kept]] = {}
    for one in kept:
        address = one.person.email or one.person.phone_digits or str(one.person.uid)
        found.setdefault((_folded(one.person.name), address), []).append(one)
    return list(found.values())


def _row(same: Sequence[Kept], decided: Decided) -> Row:
    """Somebody as often as they are kept: by whichever record they may be asked, own ones first.
    What they said no to where they are kept once, they said no to."""
    order = sorted(same, key=lambda one: (not _ways(one, decided), not one.of_team))
    first = order[0]
    through = {key: way for one in reversed(order) for key, way in one.through.items()}
    return Row(
        first.person,
        sorted(through.values(), key=lambda way: (way.group.title.casefold(), way.group.id)),
        still([one.person.uid for one in order], decided),
        [one.person for one in order],
        first.agreement_id,
        all(one.of_team for one in same),
    )


def still(uids: Sequence[uuid.UUID], decided: Decided) -> dict[ContactChannel, Consent]:
    """How somebody who is kept under all of these may be asked by what stands with the first, with
    the record each rests on."""
    no = {
        channel
        for uid in uids
        for channel, decision in decided.get(uid, {}).items()
        if decision.rule in _SAID_NO
    }
    return {
        channel: decision.consent
        for channel, decision in decided.get(uids[0], {}).items()
        if decision and decision.consent is not None and channel not in no
    }


def _ways(one: Kept, decided: Decided) -> dict[ContactChannel, Consent]:
    return {
        channel: decision.consent
        for channel, decision in decided.get(one.person.uid, {}).items()
        if decision and decision.consent is not None
    }


def _rule(row: Row, same: Sequence[Kept], decided: Decided) -> str:
    """By which rule they are left out; "" where they may be asked."""
    if row.ways:
        return ""
    if not row.of_team:
        return NOT_OURS
    held = {
        _SHOWN_AS.get(decision.rule, decision.rule)
        for one in same
        for decision in decided.get(one.person.uid, {}).values()
        if not decision
    }
    return next((rule for rule in RULES if rule in held), "unseen")


def _all(out: Mapping[str, Sequence[Row]]) -> Iterable[Row]:
    return (row for rows in out.values() for row in rows)


def _groups_of(row: Row) -> Iterable[int]:
    return (way.group.id for way in row.through)


def _folded(name: str) -> str:
    return " ".join(textsearch.words(name)) or name.casefold()

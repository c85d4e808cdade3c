"""Drawing a panel out of an invite list, so that it meets quotas: by a lot that anybody can draw
again, with everybody's chance kept; and who takes the seat of somebody who declines.

Somebody counts for the sections that the groups say they are for through which they are on the
list. Nothing is known or guessed of the people themselves.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, joinedload
from uuid6 import uuid7

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import InviteList, InvitePanel, InvitePlace, Person
from assetmap.register import (
    audit,
    balance_words,
    invite_lists,
    panel_replies,
    profiles,
    reach,
    text_hygiene,
)
from assetmap.register.invite_people import Row
from assetmap.schemas.invite_panels import MOST_SEED, PanelDraft, QuotaDraft
from assetmap.sortition import panels, pools, solving
from assetmap.sortition.pools import Pool, Quota
from assetmap.vocabulary import AuditAction

MOST_PEOPLE = 10_000
MOST_SHOWN = 50
LONGEST = 300  # s that a draw may take; others wait for it
GROUP = "group"  # a quota of its own for each group, where so many at most may come through one
_BEST = ("seated", "declined", "reserve", "pool")  # of two places of one person


def draw(
    session: Session, made: InviteList, uid: uuid.UUID, draft: PanelDraft, *, viewer: Viewer
) -> InvitePanel:
    """Begin a draw, which a job ends: keep what is asked for and whom it is drawn from. Sent
    twice it is one draw. Raises NotAllowed, Conflict for a uid that is taken, Invalid by field:
    seats, reserves, why, quotas, and for a section its name with -least or -most."""
    invite_lists.require_change(made, viewer=viewer)
    spatial.lock_for_writing(session, f"invite list {made.uid}")
    before = session.scalar(select(InvitePanel).where(InvitePanel.uid == uid))
    if before is not None:
        if before.list_id != made.id:
            raise Conflict("There is another panel under this uid.")
        return before
    text_hygiene.refuse("why", draft.why)
    _require_sections(draft.quotas)
    rows = invite_lists.build(session, made, viewer=viewer).rows
    if len(rows) > MOST_PEOPLE:
        many = f"This list comes to {len(rows):,} people; a panel is drawn of {MOST_PEOPLE:,}."
        raise Invalid.field("seats", many)
    quotas = [
        Quota(one.dimension, one.code, one.least, draft.seats if one.most is None else one.most)
        for one in sorted(draft.quotas, key=lambda one: (one.dimension, one.code))
    ]
    quotas += _of_groups(rows, draft)
    pool = Pool(quotas, [_counts_for(row, quotas) for row in rows], draft.seats)
    _require_sense(pool, draft)
    panel = InvitePanel(
        uid=uid,
        list_id=made.id,
        why=draft.why,
        seats=draft.seats,
        reserves=draft.reserves,
        each_group=draft.each_group,
        seed=draft.seed or 1 + secrets.randbelow(MOST_SEED),
        quotas=[vars(quota) for quota in quotas],
        drawn_by_id=viewer.user_id,
    )
    session.add(panel)
    session.flush()  # its places point at it
    places = [
        {
            "uid": uuid7(),
            "panel_id": panel.id,
            "person_id": row.person.id,
            "counts_for": sorted(counts_for),
        }
        for row, counts_for in sorted(
            zip(rows, pool.people, strict=True), key=lambda one: one[0].person.id
        )
    ]
    session.execute(insert(InvitePlace), places)
    audit.note(
        session,
        AuditAction.CHANGED,
        viewer=viewer,
        entity="invite_list",
        uid=made.uid,
        teams=[made.team_id],
        fields=["panel"],
        details={"seats": panel.seats, "people": len(places), "seed": panel.seed},
    )
    return panel


@dataclass(frozen=True)
class Solved:
    """What a draw comes to: chances in the order of the pool, or what would have to give."""

    eased: Sequence[panels.Eased] = ()
    chances: Sequence[float] = ()
    at_best: float = 0.0
    drawn: panels.Drawn | None = None


def begun(session: Session, uid: uuid.UUID) -> tuple[Pool, int, int] | None:
    """Of a draw that waits to be done its pool, seed and reserves; None where it is done."""
    panel = _of_uid(session, uid)
    if panel.state != "drawing":
        return None
    return pool_of(panel, places_of(session, panel)), panel.seed, panel.reserves


def solved(pool: Pool, *, seed: int, reserves: int) -> Solved:
    """Draw by lot, or say what would have to give. It may take long, and touches nothing. Raises
    TooHard for what takes too long."""
    with solving.within(LONGEST):
        if eased := panels.easing(pool, {GROUP}):
            return Solved(eased)
        lot = panels.portfolio(pool)
        drawn = panels.draw(pool, lot, seed=seed, reserves=reserves)
    return Solved((), panels.chances(pool, lot), lot.at_best, drawn)


def keep(session: Session, uid: uuid.UUID, pool: Pool, found: Solved) -> bool:
    """Keep what a draw of a pool came to, once. Whether it did: not where it has become another
    pool meanwhile, of whom two were merged or somebody was erased."""
    panel = _of_uid(session, uid)
    if panel.state != "drawing":
        return True
    places = places_of(session, panel)
    if pool_of(panel, places) != pool:
        return False
    panel.method = f"{panels.METHOD}, scipy {version('scipy')}"
    if found.drawn is None:
        panel.state = "impossible"
        panel.eased = [
            vars(one.quota) | {"to_least": one.least, "to_most": one.most} for one in found.eased
        ]
        return True
    for place, chance in zip(places, found.chances, strict=True):
        place.chance = min(1.0, max(0.0, chance))
    for number in found.drawn.seated:
        places[number].state = "seated"
    for turn, number in enumerate(found.drawn.reserves, start=1):
        places[number].state, places[number].turn = "reserve", turn
    panel.smallest = min(place.chance for place in places if place.chance > 0)
    panel.at_best = max(panel.smallest, found.at_best)
    panel.state = "drawn"
    return True


def fail(session: Session, uid: uuid.UUID, problem: str) -> None:
    """Say why a draw came to nothing."""
    panel = _of_uid(session, uid)
    if panel.state == "drawing":
        panel.state, panel.problem = "failed", problem


def every(session: Session, made: InviteList) -> Sequence[InvitePanel]:
    """The panels of a list, the last first."""
    query = select(InvitePanel).where(InvitePanel.list_id == made.id)
    query = query.options(joinedload(InvitePanel.drawn_by))
    return session.scalars(query.order_by(InvitePanel.id.desc()).limit(MOST_SHOWN)).all()


def find(session: Session, made: InviteList, uid: uuid.UUID) -> InvitePanel:
    """Raises NotFound."""
    query = select(InvitePanel).where(InvitePanel.list_id == made.id, InvitePanel.uid == uid)
    panel = session.scalar(query.options(joinedload(InvitePanel.drawn_by)))
    if panel is None:
        raise NotFound(panel_replies.NO_SUCH_PANEL)
    return panel


def decline(
    session: Session, made: InviteList, panel: InvitePanel, person: uuid.UUID, *, viewer: Viewer
) -> InvitePlace | None:
    """Somebody does not take the seat; who takes it instead, where anybody is there: a reserve
    first, of these whoever keeps the quotas best. Raises NotAllowed, NotFound, Conflict."""
    place = _to_change(session, made, panel, person, viewer=viewer)
    if place.state != "seated":
        raise Conflict("They have no seat that could be given to somebody else.")
    if panel_replies.stands_for(session, made, place.person_id) not in ("", "declined"):
        raise Conflict("They have been invited. Keep their answer first, under “Answers”.")
    rows = invite_lists.build(session, made, viewer=viewer).rows
    may = {person.id for row in rows for person in row.people}
    place.state, place.declined_at = "declined", now()
    places = places_of(session, panel)
    pool = pool_of(panel, places)
    by_state: dict[str, list[int]] = {"seated": [], "reserve": [], "pool": []}
    for number, one in enumerate(places):
        if one.state == "seated" or (one.state in by_state and one.person_id in may):
            by_state[one.state].append(number)
    by_state["reserve"].sort(key=lambda number: places[number].turn)
    found = panels.replacement(
        pool,
        by_state["seated"],
        by_state["reserve"],
        by_state["pool"],
        seed=panel.seed + sum(one.state == "declined" for one in places),
    )
    instead = None if found is None else places[found]
    if instead is not None:
        instead.state, instead.instead_of_id = "seated", place.id
    _note(session, place, "declined", viewer=viewer)
    session.flush()  # whoever shows it next
    return instead


def take_back(
    session: Session, made: InviteList, panel: InvitePanel, person: uuid.UUID, *, viewer: Viewer
) -> InvitePlace:
    """They did not decline after all: whoever took the seat waits again. Raises NotAllowed,
    NotFound, Conflict."""
    place = _to_change(session, made, panel, person, viewer=viewer)
    if place.state != "declined":
        raise Conflict("They did not decline.")
    instead = session.scalar(select(InvitePlace).where(InvitePlace.instead_of_id == place.id))
    if instead is not None and instead.state == "declined":
        raise Conflict("Whoever took the seat declined too. Take that back first.")
    if instead is not None and panel_replies.stands_for(session, made, instead.person_id):
        raise Conflict("Whoever took the seat has been invited already.")
    if instead is not None:
        instead.state, instead.instead_of_id = "reserve" if instead.turn else "pool", None
    place.state, place.declined_at = "seated", None
    _note(session, place, "took back", viewer=viewer)
    session.flush()  # whoever shows it next
    return place


def said_of(session: Session, person: Person) -> list[str]:
    """All that is kept of somebody's part in draws, for their own request: a line for each."""
    rows = session.execute(
        select(InvitePlace, InvitePanel, InviteList.name)
        .join(InvitePanel, InvitePanel.id == InvitePlace.panel_id)
        .join(InviteList, InviteList.id == InvitePanel.list_id)
        .where(InvitePlace.person_id == person.id)
        .order_by(InvitePlace.id)
    )
    return [balance_words.said_of(place, panel, name) for place, panel, name in rows]


def move(session: Session, keep: Person, gone: Person) -> None:
    """Two are one: whoever was drawn under either was. Of two places on one panel the better stays,
    with both their chances."""
    theirs = select(InvitePlace).where(InvitePlace.person_id.in_([keep.id, gone.id]))
    places = session.scalars(theirs.order_by(InvitePlace.id)).all()
    own = {place.panel_id: place for place in places if place.person_id == keep.id}
    for place in (one for one in places if one.person_id == gone.id):
        stays = own.get(place.panel_id)
        if stays is None:
            place.person_id = keep.id
            continue
        if _BEST.index(place.state) < _BEST.index(stays.state):
            stays.state, stays.turn = place.state, place.turn
            stays.declined_at, stays.instead_of_id = place.declined_at, place.instead_of_id
        stays.chance = min(1.0, stays.chance + place.chance)
        stays.counts_for = sorted({*stays.counts_for, *place.counts_for})
        led_to = InvitePlace.instead_of_id == place.id
        session.execute(update(InvitePlace).where(led_to).values(instead_of_id=stays.id))
        if stays.instead_of_id in (place.id, stays.id):
            stays.instead_of_id = None
        session.delete(place)


def forget(session: Session, person: Person) -> None:
    """Of somebody who is erased only that there was a place stays, for the draw to add up."""
    theirs = InvitePlace.person_id == person.id
    session.execute(update(InvitePlace).where(theirs).values(counts_for=[]))


def _require_sections(quotas: Sequence[QuotaDraft]) -> None:
    """Raise Invalid for a section that is none."""
    known = {(kind.dimension, kind.code) for kinds in reach.kinds().values() for kind in kinds}
    for one in quotas:
        if (one.dimension, one.code) not in known:
            raise Invalid.field("quotas", f"There is no section {one.code} of {one.dimension}.")


def _require_sense(pool: Pool, draft: PanelDraft) -> None:
    """Raise Invalid for what cannot be, each field once."""
    labels = {code: profiles.label_of(code) for code in reach.kinds()} | {GROUP: "Through groups"}
    wrong = pools.problems(pool, labels)
    for name in [name for name in wrong if name.startswith(f"{GROUP}-")]:
        wrong["each_group"] = wrong.pop(name)
    left = len(pool.people) - draft.seats
    if not wrong and draft.reserves > left:
        wrong["reserves"] = f"Only {left:,} {'is' if left == 1 else 'are'} left beside the seats."
    if wrong:
        raise Invalid("; ".join(wrong.values()), wrong)


def _of_groups(rows: Sequence[Row], draft: PanelDraft) -> list[Quota]:
    """One for each group through which more are there than may be drawn."""
    if draft.each_group is None:
        return []
    many: dict[int, int] = {}
    for row in rows:
        for way in row.through:
            many[way.group.id] = many.get(way.group.id, 0) + 1
    found = [key for key, count in sorted(many.items()) if count > draft.each_group]
    return [Quota(GROUP, str(key), 0, draft.each_group) for key in found]


def _counts_for(row: Row, quotas: Sequence[Quota]) -> frozenset[int]:
    """The numbers of the quotas that somebody counts for, by their groups."""
    said = reach.of(tag for way in row.through for tag in way.group.reach)
    its = said | {(GROUP, str(way.group.id)) for way in row.through}
    return frozenset(n for n, one in enumerate(quotas) if (one.dimension, one.category) in its)


def _of_uid(session: Session, uid: uuid.UUID) -> InvitePanel:
    return session.scalars(select(InvitePanel).where(InvitePanel.uid == uid)).one()


def places_of(session: Session, panel: InvitePanel) -> Sequence[InvitePlace]:
    """Everybody it is drawn from, in the order of the draw."""
    query = select(InvitePlace).where(InvitePlace.panel_id == panel.id).order_by(InvitePlace.id)
    return session.scalars(query).all()


def pool_of(panel: InvitePanel, places: Sequence[InvitePlace]) -> Pool:
    """The pool of a panel: its quotas, and which of them each counts for."""
    people = [frozenset(place.counts_for) for place in places]
    return Pool([Quota(**quota) for quota in panel.quotas], people, panel.seats)


def _to_change(
    session: Session, made: InviteList, panel: InvitePanel, person: uuid.UUID, *, viewer: Viewer
) -> InvitePlace:
    """The place of somebody whom the viewer may know. Raises NotAllowed, NotFound."""
    invite_lists.require_change(made, viewer=viewer)
    spatial.lock_for_writing(session, f"invite panel {panel.uid}")
    place = session.scalar(
        select(InvitePlace)
        .join(Person, Person.id == InvitePlace.person_id)
        .where(InvitePlace.panel_id == panel.id, Person.uid == person)
        .options(joinedload(InvitePlace.person), joinedload(InvitePlace.panel))
        .execution_options(populate_existing=True)
    )
    if place is None or place.state == "pool":
        raise NotFound("There is nobody like that on this panel.")
    return place


def _note(session: Session, place: InvitePlace, verb: str, *, viewer: Viewer) -> None:
    audit.note(
        session,
        AuditAction.CHANGED,
        viewer=viewer,
        entity="person",
        entries=[place.person],
        fields=["panel"],
        details={"kind": "contact", "panel": str(place.panel.uid), "verb": verb},
    )

"""Folding two entries into one, and taking them apart again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap import connections
from assetmap.access import OPERATOR, PUBLIC
from assetmap.db import db
from assetmap.errors import Busy, Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Asset, Attachment, Entry, Link, Postcode
from assetmap.register import (
    duplicates,
    entries,
    histories,
    merging,
    persons,
    search,
    snapshots,
)
from assetmap.register.links import chain, link, unlink
from assetmap.schemas.entries import DRAFTS, AssetDraft, GroupDraft
from assetmap.schemas.persons import PersonDraft, RoleDraft
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, Relation
from tests.make import draft_fields, make_entry, make_team, make_user, point, viewer_for
from tests.queries import plans_of


def everything(session: Session, *made: Entry) -> list[Any]:
    """All that a merge may touch, to compare before and after."""
    session.expire_all()
    links = [
        (row.id, row.from_id, row.to_id, row.relation, row.created_at)
        for row in session.scalars(select(Link).order_by(Link.id))
    ]
    photos = [
        (p.id, p.entry_id) for p in session.scalars(select(Attachment).order_by(Attachment.id))
    ]
    return [links, photos, *(snapshots.of(session, entry) for entry in made)]


def photo(entry: Entry, sha256: str) -> Attachment:
    return Attachment(
        entry_id=entry.id, sha256=sha256, mime="image/jpeg", bytes=1, width=1, height=1
    )


def test_a_merge_moves_links_photos_and_pointers_and_undo_restores_exactly(
    session: Session,
) -> None:
    team = make_team(session)
    keep = make_entry(session, "group", team, title="Food club")
    gone = make_entry(session, "group", team, title="The food club", phone="01632 960 123")
    walk = make_entry(session, "walkabout", team)
    other = make_entry(session, "walkabout", team, title="Second walk")
    offer = make_entry(session, "offer", team, group=str(gone.uid))
    for start, end in ((keep, walk), (gone, walk), (gone, other)):
        link(session, start, Relation.FOUND_ON, end, viewer=OPERATOR)
    link(session, gone, Relation.SAME_AS, keep, viewer=OPERATOR)
    session.add_all([photo(gone, "a"), photo(gone, "b"), photo(keep, "b")])
    session.flush()
    before = everything(session, keep, gone, offer)

    record = merging.merge(session, keep, gone, viewer=OPERATOR, why="The same people")

    assert isinstance(keep, Asset)
    assert keep.phone == "01632 960 123"
    assert [step.hit.entry.title for step in chain(session, keep, viewer=PUBLIC).came_from] == [
        "A walkabout",
        "Second walk",
    ]
    assert snapshots.of(session, offer)["group"] == str(keep.uid)
    with pytest.raises(NotFound):
        entries.find(session, gone.uid, viewer=OPERATOR)
    assert entries.successor(session, gone.uid, viewer=PUBLIC) is keep
    assert {row.verb for row in histories.of(session, keep, viewer=OPERATOR)} >= {
        "logged",
        "merged",
        "merged in",
    }

    merging.undo(session, record.uid, viewer=OPERATOR)

    assert everything(session, keep, gone, offer) == before
    assert search.search(session, EntrySearch(text="food club"), viewer=PUBLIC).total == 2
    with pytest.raises(Conflict):
        merging.undo(session, record.uid, viewer=OPERATOR)


def test_what_was_filled_in_and_changed_since_stays_when_the_merge_is_undone(
    session: Session,
) -> None:
    team = make_team(session)
    keep = make_entry(session, "asset", team)
    gone = make_entry(session, "asset", team, phone="01632 960 123", email="a@b.example")
    record = merging.merge(session, keep, gone, viewer=OPERATOR)
    fields = draft_fields(
        session, AssetDraft.kind, phone="01632 960 999", email="a@b.example", title=keep.title
    )
    draft = AssetDraft.model_validate(fields)
    entries.change(session, keep, draft, viewer=OPERATOR, base_version=keep.version)
    merging.undo(session, record.uid, viewer=OPERATOR)
    assert isinstance(keep, Asset)
    assert (keep.phone, keep.email) == ("01632 960 999", "")


def test_undoing_a_merge_leaves_every_link_that_was_made_since(session: Session) -> None:
    team = make_team(session)
    keep, gone = (make_entry(session, "group", team, title=name) for name in ("Club", "The club"))
    walk, finding = make_entry(session, "walkabout", team), make_entry(session, "finding", team)
    for group in (keep, gone):
        link(session, group, Relation.FOUND_ON, walk, viewer=OPERATOR)
    record = merging.merge(session, keep, gone, viewer=OPERATOR)
    link(session, finding, Relation.FOUND_ON, walk, viewer=OPERATOR)
    merging.undo(session, record.uid, viewer=OPERATOR)
    session.expire_all()
    found = set(session.scalars(select(Link.from_id).where(Link.to_id == walk.id)))
    assert found == {keep.id, gone.id, finding.id}


def test_undoing_a_merge_gives_no_place_to_an_entry_that_had_none(session: Session) -> None:
    team = make_team(session)
    keep = make_entry(session, "asset", team, geometry=None, postcode="HU1 3UB")
    gone = make_entry(session, "asset", team, geometry=None, phone="01632 960 123")
    before = everything(session, keep, gone)
    session.add(Postcode(pcds="HU1 3UB", longitude=-0.34, latitude=53.74))  # loaded since
    record = merging.merge(session, keep, gone, viewer=OPERATOR)
    merging.undo(session, record.uid, viewer=OPERATOR)
    assert everything(session, keep, gone) == before


def test_merges_of_merges_are_undone_from_the_last(session: Session) -> None:
    team = make_team(session)
    first, second, third = (make_entry(session, "group", team, title=name) for name in "ABC")
    walk = make_entry(session, "walkabout", team)
    link(session, first, Relation.FOUND_ON, walk, viewer=OPERATOR)
    before = everything(session, first, second, third)
    earlier = merging.merge(session, second, first, viewer=OPERATOR)
    later = merging.merge(session, third, second, viewer=OPERATOR)
    with pytest.raises(Conflict):
        merging.undo(session, earlier.uid, viewer=OPERATOR)
    for record in (later, earlier):
        merging.undo(session, record.uid, viewer=OPERATOR)
    assert everything(session, first, second, third) == before


@pytest.mark.parametrize("hidden", [{"visibility": "team"}, {"precision": "ward"}])
def test_a_merge_does_not_publish_the_address_of_a_home(
    session: Session, hidden: dict[str, Any]
) -> None:
    team = make_team(session)
    keep = make_entry(session, "asset", team, title="Food hall")
    gone = make_entry(session, "asset", team, title="Ann's", address="5 Elm Street", **hidden)
    merging.merge(session, keep, gone, viewer=OPERATOR)
    assert keep.address == ""


def test_photos_that_named_people_alone_may_see_stay_where_they_are(session: Session) -> None:
    team = make_team(session)
    keep, closed = (
        make_entry(session, "asset", team, title="Refuge", visibility=one)
        for one in ("team", "restricted")
    )
    session.add(photo(closed, "a"))
    session.flush()
    of_closed = select(Attachment.entry_id)
    record = merging.merge(session, keep, closed, viewer=OPERATOR)
    assert session.scalars(of_closed).all() == [closed.id]
    merging.undo(session, record.uid, viewer=OPERATOR)
    merging.merge(session, closed, keep, viewer=OPERATOR)
    assert session.scalars(of_closed).all() == [closed.id]


def test_only_entries_of_one_kind_and_of_ones_own_team_merge(session: Session) -> None:
    team, other = make_team(session), make_team(session, "Others")
    mine = viewer_for(make_user(session, team), team)
    asset, group = make_entry(session, "asset", team), make_entry(session, "group", team)
    theirs = make_entry(session, "asset", other)
    with pytest.raises(Invalid):
        merging.merge(session, asset, group, viewer=mine)
    with pytest.raises(Invalid):
        merging.merge(session, asset, asset, viewer=mine)
    with pytest.raises(NotAllowed):
        merging.merge(session, asset, theirs, viewer=mine)


def test_the_likely_same_entry_is_found_by_name_and_place_or_by_contact(session: Session) -> None:
    team = make_team(session)
    hall = make_entry(session, "asset", team, title="St Oswald's Church Hall", phone="01632 960123")
    make_entry(session, "asset", team, title="Beacon Library")

    def same(**fields: Any) -> list[int]:
        draft = AssetDraft.model_validate(draft_fields(session, AssetDraft.kind, **fields))
        found = duplicates.likely_same(session, draft, viewer=PUBLIC)
        assert all(suspect.likeness.reasons for suspect in found)
        return [suspect.hit.entry.id for suspect in found]

    assert same(title="St. Oswalds Hall", geometry=point(-1.9205, 53.7352)) == [hall.id]
    assert same(title="St. Oswalds Hall", geometry=point(-1.80, 53.7352)) == []
    assert same(title="Oswald hall", phone="+44 1632 960 123", geometry=None) == [hall.id]
    assert same(title="Skate park") == []


def test_a_hidden_entry_is_never_suggested_as_the_same(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "asset", team, title="Safe house", visibility="team")
    draft = AssetDraft.model_validate(draft_fields(session, AssetDraft.kind, title="Safe house"))
    assert duplicates.likely_same(session, draft, viewer=PUBLIC) == []
    assert len(duplicates.likely_same(session, draft, viewer=OPERATOR)) == 1


def test_comparing_many_at_once_finds_what_comparing_one_finds(session: Session) -> None:
    team = make_team(session)
    for n, title in enumerate(("Oak Hall", "Elm Hall", "Oak Hall Club", "Library")):
        make_entry(session, "asset", team, title=title, geometry=point(-1.92 + n / 2000, 53.735))
    for title in ("Oak Hall", "Oakhall", "Elm Hal", "The Library", "Something else"):
        draft = AssetDraft.model_validate(draft_fields(session, AssetDraft.kind, title=title))
        one = duplicates.candidate_of(session, draft)
        single = [s.likeness for s in duplicates.likely_same(session, draft, viewer=OPERATOR)]
        batch = duplicates.Neighbours.load(session, AssetDraft.kind, [one], viewer=OPERATOR)
        assert batch.like([one], most=5)[0] == single


def test_a_merge_waits_for_a_link_that_is_being_made_and_takes_it_along(
    app: Flask, session: Session
) -> None:
    team = make_team(session)
    keep, gone, other = (make_entry(session, "asset", team, title=f"Hall {n}") for n in "abc")
    keys = keep.id, gone.id

    def merge() -> None:
        with app.app_context():
            connections.writing(db.session)
            kept, left = (db.session.get_one(Entry, key) for key in keys)
            merging.merge(db.session, kept, left, viewer=OPERATOR)
            db.session.commit()

    session.commit()
    connections.writing(session)
    link(session, other, Relation.ABOUT, gone, viewer=OPERATOR)
    with ThreadPoolExecutor(1) as pool:
        merged = pool.submit(merge)
        with pytest.raises(TimeoutError):
            merged.result(timeout=0.5)
        session.commit()
        merged.result()
    assert [step.hit.entry.id for step in chain(session, other, viewer=PUBLIC).came_from] == [
        keys[0]
    ]


def test_what_was_untied_since_a_merge_stays_untied_when_it_is_undone(session: Session) -> None:
    team = make_team(session)
    keep, gone, other = (make_entry(session, "group", team, title=f"Pantry {n}") for n in "abc")
    walk = make_entry(session, "walkabout", team)
    offer = make_entry(session, "offer", team, group=str(gone.uid))
    link(session, gone, Relation.FOUND_ON, walk, viewer=OPERATOR)
    done = merging.merge(session, keep, gone, viewer=OPERATOR)
    session.flush()
    unlink(session, keep, Relation.FOUND_ON, walk, viewer=OPERATOR)
    wanted = snapshots.of(session, offer) | {"group": str(other.uid)}
    draft = snapshots.draft_of(Kind.OFFER, wanted)
    entries.change(session, offer, draft, viewer=OPERATOR, base_version=offer.version)
    merging.undo(session, done.uid, viewer=OPERATOR)
    assert session.execute(select(Link.from_id, Link.to_id)).all() == [(offer.id, other.id)]


def test_links_that_both_had_come_back_beside_those_made_since(session: Session) -> None:
    team = make_team(session)
    keep, gone = (make_entry(session, "asset", team, title=f"Hall {n}") for n in "ab")
    walks = [make_entry(session, "walkabout", team) for _ in range(3)]
    for hall in (keep, gone):
        for walk in walks[:2]:
            link(session, hall, Relation.FOUND_ON, walk, viewer=OPERATOR)
    done = merging.merge(session, keep, gone, viewer=OPERATOR)
    session.flush()
    link(session, keep, Relation.FOUND_ON, walks[2], viewer=OPERATOR)
    merging.undo(session, done.uid, viewer=OPERATOR)
    tied = session.execute(select(Link.from_id, Link.to_id).order_by(Link.from_id, Link.to_id))
    ours = [(keep.id, walk.id) for walk in walks]
    assert tied.all() == [*ours, *((gone.id, walk.id) for walk in walks[:2])]


def offer_of(session: Session, group: str, team_id: int) -> None:
    fields = draft_fields(session, Kind.OFFER, group=group)
    draft = DRAFTS[Kind.OFFER].model_validate(fields)
    entries.log(session, draft, viewer=OPERATOR, team_id=team_id)


def contact_at(session: Session, group: str, team_id: int) -> None:
    sam, role = PersonDraft(name="Sam", is_adult=True), RoleDraft(entry=group, title="Chair")
    persons.log(session, sam, viewer=OPERATOR, team_id=team_id, role=role)


@pytest.mark.parametrize("log", [offer_of, contact_at])
def test_nothing_is_logged_of_a_group_that_is_being_merged(
    app: Flask, session: Session, log: Callable[[Session, str, int], None]
) -> None:
    team = make_team(session)
    keep, gone = (make_entry(session, "group", team, title=f"Pantry {n}") for n in "ab")
    draft_fields(session, Kind.OFFER)  # its category
    group, team_id = str(gone.uid), team.id

    def meanwhile() -> None:
        with app.app_context():
            connections.writing(db.session)
            log(db.session, group, team_id)

    session.commit()
    connections.writing(session)
    merging.merge(session, keep, gone, viewer=OPERATOR)
    session.flush()
    with ThreadPoolExecutor(1) as pool:
        logged = pool.submit(meanwhile)
        with pytest.raises(TimeoutError):
            logged.result(timeout=0.5)
        session.commit()
        with pytest.raises(Invalid):
            logged.result()


def test_a_link_to_what_was_merged_in_the_same_moment_is_to_be_tried_again(
    session: Session,
) -> None:
    team = make_team(session)
    keep, gone, other = (make_entry(session, "asset", team, title=f"Hall {n}") for n in "abc")
    elsewhere = update(Entry).where(Entry.id == gone.id).values(merged_into_id=keep.id)
    session.execute(elsewhere.execution_options(synchronize_session=False))
    assert gone.is_live, "as it was read"
    with pytest.raises(Busy, match="merged into another a moment ago"):
        link(session, other, Relation.ABOUT, gone, viewer=OPERATOR)


def test_what_may_be_there_already_is_found_without_reading_the_register(session: Session) -> None:
    team = make_team(session)
    make_entry(session, "group", team, title="Oak Hall", phone="01632 960123")
    more = {"title": "Oak Hall", "phone": "01632 960123", "email": "a@b.example"}
    draft = GroupDraft.model_validate(
        draft_fields(session, Kind.GROUP, charity_number="123", **more)
    )
    with plans_of(session, "UNION ALL") as plans:
        assert duplicates.likely_same(session, draft, viewer=PUBLIC)
    assert plans
    for plan in plans:
        if session.get_bind().dialect.name == "sqlite":
            assert "SCAN entry" not in plan, plan
            assert "(merged_into_id=?)" not in plan, plan
        else:  # keys first, and only then what else is known of them
            assert "InitPlan" in plan, plan
            assert "= ANY" in plan, plan

"""The demo town, in a register on each of the two databases."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, PUBLIC, Viewer, viewer_of
from assetmap.db import Model, db, local_day, now
from assetmap.demo import load as demo
from assetmap.demo.contacts import PEOPLE
from assetmap.demo.helping import GIVERS
from assetmap.demo.neighbours import IN_GROUPS
from assetmap.demo.people import PARTNERS, REGISTER, TEAMS, USERS
from assetmap.demo.records import records
from assetmap.demo.said import MET
from assetmap.demo.town import town
from assetmap.errors import Conflict
from assetmap.models import (
    Area,
    Entry,
    EntryArea,
    Finding,
    HelpAsk,
    History,
    Link,
    Membership,
    Offer,
    Partner,
    Person,
    Postcode,
    Proposal,
    SharingAgreement,
    Team,
    User,
    Walkabout,
)
from assetmap.models.states import FIRST, MOVES
from assetmap.register import contacting, duplicates, entries, links, search, snapshots, text_index
from assetmap.schemas.proposals import ProposalState
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import ContactChannel, ContactPurpose
from tests.conftest import DATABASES
from tests.demo.loaded import TODAY, Towns
from tests.make import make_entry, make_team
from tests.web.pages import press, sign_in

RECORDS = {record.uid: record for record in records(town(), TODAY)}


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Towns]:
    with ExitStack() as stack:
        yield Towns(tmp_path_factory, f"town_{worker_id}", stack)


@pytest.fixture
def loaded(towns: Towns, database: str) -> Iterator[Session]:
    with towns.on(database).app_context():
        yield db.session
        db.session.rollback()


def person(session: Session, email: str) -> Viewer:
    key = session.scalars(select(User.id).where(User.email == email)).one()
    return viewer_of(session, key)


def test_every_record_is_there_once_under_its_own_uid(loaded: Session) -> None:
    found = Counter(loaded.scalars(select(Entry.uid)))
    assert found == Counter(RECORDS.keys())


def test_entries_hold_what_the_records_say(loaded: Session) -> None:
    for entry in loaded.scalars(select(Entry)):
        record = RECORDS[entry.uid]
        assert (entry.kind, entry.title, entry.status) == (
            record.kind,
            record.title,
            record.status,
        )
        assert (entry.visibility, entry.precision) == (record.visibility, record.precision)
        assert (entry.created_at, entry.checked_on) == (record.created_at, record.checked_on)
        assert (entry.review_due, entry.radius_m) == (record.review_due, record.radius_m)
        assert (entry.address, entry.tags) == (record.address, list(record.tags))


def test_an_older_entry_of_a_kind_has_the_smaller_reference(loaded: Session) -> None:
    for kind in FIRST:
        query = select(Entry.created_at).where(Entry.kind == kind).order_by(Entry.id)
        instants = loaded.scalars(query).all()
        assert instants == sorted(instants)


def test_findings_keep_whom_they_were_given_to_and_what_was_done(loaded: Session) -> None:
    names = {one.id: one.name for one in loaded.scalars(select(Partner))}
    given = 0
    for finding in loaded.scalars(select(Finding)):
        fields = RECORDS[finding.uid].fields
        assert names.get(finding.assigned_partner_id or 0) == fields["assigned_partner"]
        assert finding.resolution == fields["resolution"]
        assert finding.resolved_at == fields["resolved_at"]
        assert finding.verified_by_resident == fields["verified_by_resident"]
        given += finding.assigned_partner_id is not None
    assert given > 50


def test_offers_point_at_whoever_makes_them(loaded: Session) -> None:
    uids = dict(loaded.execute(select(Entry.id, Entry.uid)).all())
    by_key = {record.key: uid for uid, record in RECORDS.items()}
    for offer in loaded.scalars(select(Offer)):
        fields = RECORDS[offer.uid].fields
        assert uids.get(offer.group_id or 0) == by_key.get(fields["group"])
        assert uids.get(offer.asset_id or 0) == by_key.get(fields["asset"])
        assert offer.person_role == (fields["person_role"] or "")


def test_a_person_who_offers_is_never_shown_where_they_live(loaded: Session) -> None:
    offers = loaded.scalars(select(Offer).where(Offer.person_role != "")).all()
    assert len(offers) > 50
    for offer in offers:
        exact = RECORDS[offer.uid].geometry
        assert exact is not None
        assert (offer.longitude, offer.latitude) != (exact.x, exact.y)  # type: ignore[attr-defined]
    homes = [offer for offer in offers if offer.precision == "lsoa"]
    places = {
        (round(a.longitude, 7), round(a.latitude, 7))
        for a in loaded.scalars(select(Area).where(Area.type == "lsoa"))
    }
    assert {(offer.longitude, offer.latitude) for offer in homes} <= places


def test_every_link_of_the_records_is_there_with_its_day(loaded: Session) -> None:
    by_key = {record.key: record for record in RECORDS.values()}
    uids = dict(loaded.execute(select(Entry.id, Entry.uid)).all())
    wanted = {
        (record.uid, name, by_key[key].uid): max(record.created_at, by_key[key].created_at)
        for record in RECORDS.values()
        for name, key in record.links
    }
    found = {
        (uids[link.from_id], link.relation, uids[link.to_id]): link.created_at
        for link in loaded.scalars(select(Link))
    }
    (used,) = (one.offer_id for one in loaded.scalars(select(HelpAsk)) if one.used_on)
    (since,) = found.keys() - wanted.keys()
    assert since[:2] == (uids[used], "answers")
    assert {link: at for link, at in found.items() if link != since} == wanted


def test_history_goes_from_the_day_it_was_logged_by_legal_moves_to_today(loaded: Session) -> None:
    told: dict[int, list[History]] = {}
    for row in loaded.scalars(select(History).order_by(History.entry_id, History.version)):
        told.setdefault(row.entry_id, []).append(row)
    for entry in loaded.scalars(select(Entry)):
        story = told[entry.id]
        assert [row.version for row in story] == list(range(1, entry.version + 1))
        assert (story[0].verb, story[0].at) == ("logged", entry.created_at)
        assert [row.at for row in story] == sorted(row.at for row in story)
        assert entry.updated_at == story[-1].at
        state = first = next(
            (row.changes["status"][0] for row in story if "status" in row.changes), entry.status
        )
        assert first in (FIRST[entry.kind], "proposed", entry.status)
        for row in story:
            if "status" in row.changes:
                before, after = row.changes["status"]
                assert before == state
                assert after in MOVES[entry.kind][before]
                state = after
        assert state == entry.status


def test_an_entry_can_be_read_as_it_was_when_it_was_logged(loaded: Session) -> None:
    query = select(Finding).where(Finding.status == "verified").limit(5)
    for finding in loaded.scalars(query):
        now = snapshots.of(loaded, finding)
        then = snapshots.at_version(loaded, finding, 1, now)
        assert (then["status"], then["resolution"], then["resolved_at"]) == ("new", "", None)
        assert then["verified_by_resident"] is False
        assert now["resolution"] != ""


def test_areas_nest_and_postcodes_are_found(loaded: Session) -> None:
    counted = loaded.execute(select(Area.type, func.count()).group_by(Area.type)).all()
    assert dict(counted) == {
        "lad": 1,
        "ward": 8,
        "lsoa": len(town().small_areas),
    }
    parents = {area.code: area.parent_id for area in loaded.scalars(select(Area))}
    keys = {area.code: area.id for area in loaded.scalars(select(Area))}
    for area in (*town().wards, *town().small_areas):
        assert parents[area.code] == keys[str(area.parent)]
    assert loaded.scalar(select(func.count()).select_from(Postcode)) == len(town().postcodes)


def test_what_has_a_place_lies_in_a_ward_of_the_town(loaded: Session) -> None:
    placed = loaded.scalar(select(func.count(Entry.longitude)))
    in_wards = loaded.scalar(
        select(func.count(func.distinct(EntryArea.entry_id)))
        .join(Area, Area.id == EntryArea.area_id)
        .where(Area.type == "ward")
    )
    assert placed == in_wards


def test_indexes_are_sound_and_in_step(loaded: Session) -> None:
    tables = list(Model.metadata.tables.values())
    assert spatial.unindexed(loaded.connection(), tables) == []
    assert text_index.counts(loaded, viewer=OPERATOR).in_step


def test_people_have_their_roles_and_nobody_else_is_there(loaded: Session) -> None:
    rows = loaded.execute(
        select(User.email, Team.name, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .join(Team, Team.id == Membership.team_id)
    )
    held = {(email, name, role) for email, name, role in rows}
    assert held == {(user.email, *one) for user in USERS for one in user.memberships}
    assert set(loaded.scalars(select(Partner.name))) == {one.name for one in PARTNERS}
    assert {REGISTER, *(team.name for team in TEAMS)} == set(loaded.scalars(select(Team.name)))


def test_teams_know_people_some_of_whom_said_stop(loaded: Session) -> None:
    everybody = loaded.scalars(select(Person)).all()
    called = {one.name for one in PEOPLE}
    known = [one for one in everybody if one.name in called]
    others = sum(IN_GROUPS.values()) + sum(map(len, GIVERS)) + len(MET)
    assert len(everybody) - len(known) == others
    assert {one.name for one in known} == {one.name for one in PEOPLE}
    assert all(one.email.endswith(".example") for one in known)
    assert [one.name for one in known if one.do_not_contact] == ["Harold Fenwright"]
    uids, way = [one.uid for one in known], (ContactPurpose.ENGAGEMENT_INVITE, ContactChannel.EMAIL)
    found = contacting.may_contact_all(loaded, uids, *way, viewer=OPERATOR)
    assert 3 < sum(map(bool, found.values())) < len(known)


@pytest.mark.parametrize("ward", [ward.code for ward in town().wards])
def test_every_ward_has_a_food_offer_that_covers_it(loaded: Session, ward: str) -> None:
    area = next(one for one in town().wards if one.code == ward)
    inside = area.boundary.representative_point()
    wanted = EntrySearch.model_validate(
        {"kind": ["offer"], "text": "food", "covers": f"{inside.x},{inside.y}"}
    )
    assert search.search(loaded, wanted, viewer=PUBLIC).total > 0


def test_a_walkabout_tells_what_came_of_it(loaded: Session) -> None:
    local = person(loaded, "local@demo.example")
    walks = loaded.scalars(
        select(Entry).where(Entry.kind == "walkabout", Entry.status == "complete")
    ).all()
    for walk in walks:
        _, came = links.both_ways(loaded, walk, viewer=local)
        counted = Counter(tie.kind for tie in came)
        assert counted["finding"] > 0
        assert counted["offer"] > 0
        assert isinstance(walk, Walkabout)
        assert walk.scanned_at == walk.ends_at  # and not before anybody had walked


def test_near_duplicates_are_in_and_are_noticed(loaded: Session) -> None:
    first = loaded.scalars(select(Entry).where(Entry.kind == "group").order_by(Entry.id)).all()
    suspected = 0
    for entry in first:
        draft = snapshots.draft_of(entry.kind, snapshots.of(loaded, entry))
        found = duplicates.likely_same(loaded, draft, viewer=OPERATOR, but=entry.id)
        suspected += bool(found)
    assert suspected >= 2


def test_a_person_sees_what_their_team_keeps_and_the_public_does_not(loaded: Session) -> None:
    everything = EntrySearch()
    public = search.search(loaded, everything, viewer=PUBLIC).total
    local = search.search(loaded, everything, viewer=person(loaded, "local@demo.example")).total
    assert public < local < len(RECORDS)


def test_a_phone_and_the_desk_have_changed_the_same_words(loaded: Session) -> None:
    waits = Proposal.state == ProposalState.OPEN.value
    made = loaded.scalars(select(Proposal).where(Proposal.from_phone, waits)).one()
    finding = loaded.get_one(Finding, made.entry_id)
    assert made.changes["description"] != finding.description
    assert made.base_version == finding.version - 1


def test_a_demo_person_can_change_what_their_team_logged(loaded: Session) -> None:
    local = person(loaded, "local@demo.example")
    theirs = Finding.team_id.in_(local.roles)
    finding = loaded.scalars(select(Finding).where(Finding.status == "new", theirs)).first()
    assert finding is not None
    before = finding.version
    entries.move(loaded, finding, "triaged", viewer=local)
    assert finding.version == before + 1


def test_both_databases_hold_the_same(towns: Towns) -> None:
    found = []
    for database in DATABASES:
        with towns.on(database).app_context():
            rows = db.session.execute(
                select(
                    Entry.id, Entry.uid, Entry.version, Entry.longitude, Entry.latitude, Entry.title
                ).order_by(Entry.id)
            ).all()
            pairs = db.session.execute(
                select(EntryArea.entry_id, EntryArea.area_id).order_by(
                    EntryArea.entry_id, EntryArea.area_id
                )
            ).all()
            found.append(([tuple(row) for row in rows], [tuple(pair) for pair in pairs]))
    assert found[0] == found[1]


def test_the_demo_is_not_put_on_top_of_itself(loaded: Session) -> None:
    assert demo.is_there(loaded)
    with pytest.raises(Conflict, match="holds entries already"):
        demo.load(loaded, TODAY)


def test_the_demo_is_not_mixed_with_real_records(session: Session) -> None:
    make_entry(session, "asset", make_team(session))
    assert not demo.is_there(session)
    with pytest.raises(Conflict, match="not mixed with real records"):
        demo.load(session, TODAY)
    assert session.scalar(select(func.count()).select_from(Entry)) == 1
    assert session.scalar(select(func.count()).select_from(User)) == 0


def told_to_partner(session: Session, user: User) -> set[str]:
    """What the partner of the demo may see, worked out by hand from rows and agreements."""
    today = local_day(now())
    own = session.scalars(select(Membership.team_id).where(Membership.user_id == user.id)).all()
    bodies = {row.id: row.partner_id for row in session.execute(select(Team.id, Team.partner_id))}
    mine = {bodies[team] for team in own}
    agreed = [
        one
        for one in session.scalars(select(SharingAgreement))
        if one.receiver_id in mine and one.state_on(today) == "active"
    ]
    assert not [one for one in agreed if one.areas or one.categories]  # the demo limits none so

    def is_told(entry: Entry) -> bool:
        body = bodies[entry.team_id]
        shared = [one for one in agreed if one.giver_id == body and entry.kind in one.kinds]
        return (
            entry.visibility == "public"
            or (entry.visibility == "partner" and (body in mine or bool(shared)))
            or (entry.visibility == "team" and entry.team_id in own)
        )

    live = select(Entry).where(Entry.withdrawn_at.is_(None), Entry.merged_into_id.is_(None))
    return {str(entry.uid) for entry in session.scalars(live) if is_told(entry)}


def test_the_demo_partner_sees_in_every_channel_exactly_what_is_agreed(loaded: Session) -> None:
    user = loaded.scalars(select(User).where(User.email == "partner@demo.example")).one()
    told = told_to_partner(loaded, user)
    everything = set(map(str, loaded.scalars(select(Entry.uid))))
    assert 500 < len(told) < len(everything)
    client = current_app.test_client()
    sign_in(client, user)
    loaded.commit()
    channels: dict[str, list[str]] = {"JSON": []}
    address = "/api/entries?status=any&limit=200"
    while address:
        page = client.get(address).get_json()
        channels["JSON"] += [one["id"] for one in page["features"]]
        address = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
    assert page["numberMatched"] == len(told)
    assert sum(one["count"] for one in page["facets"]["kind"]) == len(told)
    for form in ("csv", "geojson"):
        asked = f"/search.{form}?status=any"
        assert client.get(asked).status_code == 428  # more than fifty contact details
        taken = press(client, asked, asked, purpose="planning")
        assert taken.status_code == 200
        text = taken.data.decode("utf-8-sig")
        if form == "csv":
            begin = text.index("ref,")  # below the mark of how it is classified
            channels[form] = [row["uid"] for row in csv.DictReader(io.StringIO(text[begin:]))]
        else:
            channels[form] = [one["id"] for one in json.loads(text)["features"]]
    for name, uids in channels.items():
        assert Counter(uids) == Counter(told), name
    drawn = client.get("/api/map?status=any&bbox=-3,53,-1,54.5&zoom=10").get_json()["features"]
    placed = client.get("/api/entries?status=any&bbox=-3,53,-1,54.5&limit=1").get_json()
    assert sum(one["properties"].get("count") or 1 for one in drawn) == placed["numberMatched"]
    for uid in sorted(everything - told)[:10]:
        assert client.get(f"/api/entries/{uid}/provenance").status_code == 404, uid

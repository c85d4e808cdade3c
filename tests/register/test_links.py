"""Where entries come from and what they lead to."""

import io
from collections import Counter
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import update
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC, Viewer
from assetmap.errors import Invalid, NotAllowed, NotFound
from assetmap.models import Entry
from assetmap.register import entries, histories, links, snapshots
from assetmap.register.attachments import attach
from assetmap.register.links import chain, link, unlink
from assetmap.schemas.attachments import PhotoDetails
from assetmap.vocabulary import Relation
from tests.make import make_entry, make_team, make_user, viewer_for


def story(session: Session) -> dict[str, Entry]:
    """A hotspot, a walk about it, a finding on the walk, an offer that answers it."""
    team = make_team(session)
    made = {kind: make_entry(session, kind, team) for kind in ("hotspot", "walkabout", "finding")}
    made["group"] = make_entry(session, "group", team)
    made["offer"] = make_entry(session, "offer", team, group=str(made["group"].uid))
    for start, relation, end in (
        ("walkabout", Relation.ABOUT, "hotspot"),
        ("finding", Relation.FOUND_ON, "walkabout"),
        ("offer", Relation.ANSWERS, "finding"),
        ("offer", Relation.OFFERED_BY, "group"),
    ):
        link(session, made[start], relation, made[end], viewer=OPERATOR)
    return made


def told(session: Session, entry: Entry, viewer: Viewer = PUBLIC) -> tuple[list[str], list[str]]:
    found = chain(session, entry, viewer=viewer)
    back, ahead = found.came_from, found.led_to
    return [s.hit.entry.kind for s in back], [s.hit.entry.kind for s in ahead]


def test_a_chain_leads_back_to_the_hotspot_and_forward_to_what_came_of_it(
    session: Session,
) -> None:
    made = story(session)
    assert told(session, made["hotspot"]) == ([], ["walkabout", "finding"])
    assert told(session, made["finding"]) == (["walkabout", "offer", "hotspot", "group"], [])
    assert told(session, made["offer"]) == (["group"], ["finding"])
    _, came = links.both_ways(session, made["hotspot"], viewer=PUBLIC)
    assert Counter(tie.kind for tie in came) == {
        "walkabout": 1,
        "finding": 1,
    }


def test_what_an_offer_answers_or_a_place_hosts_did_not_come_of_where_they_were_found(
    session: Session,
) -> None:
    team = make_team(session)
    names = ("old finding", "its walkabout", "its offer", "event", "offer", "asset", "meeting")
    kinds = ("finding", "walkabout", "offer", "engagement", "offer", "asset", "engagement")
    made = {
        name: make_entry(session, kind, team, title=name)
        for name, kind in zip(names, kinds, strict=True)
    }
    made["its end"] = make_entry(session, "finding", team, title="its end")
    for start, relation, end in (
        ("old finding", Relation.FOUND_ON, "its walkabout"),
        ("old finding", Relation.LED_TO, "its offer"),
        ("offer", Relation.RAISED_AT, "event"),
        ("offer", Relation.ANSWERS, "old finding"),
        ("asset", Relation.RAISED_AT, "event"),
        ("meeting", Relation.HELD_AT, "asset"),
        ("its end", Relation.RAISED_AT, "meeting"),
    ):
        link(session, made[start], relation, made[end], viewer=OPERATOR)

    def ties(name: str) -> tuple[dict[str, bool], dict[str, bool]]:
        called = {entry.id: entry.title for entry in made.values()}
        ways = links.both_ways(session, made[name], viewer=PUBLIC)
        back, ahead = ({called[tie.key]: tie.came_of_it for tie in way} for way in ways)
        return back, ahead

    assert ties("event") == (
        {},
        {"offer": True, "asset": True, "old finding": False, "meeting": False},
    )
    assert ties("its offer")[0] == {"old finding": True, "its walkabout": True}
    assert ties("its end")[0] == {"meeting": True}
    # said of both by name, it came of the event as well
    link(session, made["event"], Relation.LED_TO, made["meeting"], viewer=OPERATOR)
    assert ties("event")[1]["meeting"] is True
    assert "its end" in ties("event")[1]


def test_a_chain_stops_at_what_the_viewer_may_not_see(session: Session) -> None:
    made = story(session)
    made["walkabout"].visibility = "team"
    session.flush()
    assert told(session, made["hotspot"]) == ([], [])
    assert told(session, made["hotspot"], OPERATOR) == ([], ["walkabout", "finding"])


def test_a_ring_of_links_is_walked_once(session: Session) -> None:
    team = make_team(session)
    a, b, c = (make_entry(session, "finding", team, title=t) for t in "abc")
    for start, end in ((a, b), (b, c), (c, a)):
        link(session, start, Relation.LED_TO, end, viewer=OPERATOR)
    found = chain(session, a, viewer=PUBLIC)
    assert [s.hit.entry.title for s in found.led_to] == ["b", "c"]
    assert [s.depth for s in found.led_to] == [1, 2]


def test_saying_a_link_twice_adds_it_once_and_it_can_be_taken_back(session: Session) -> None:
    team = make_team(session)
    walk, finding = make_entry(session, "walkabout", team), make_entry(session, "finding", team)
    first = link(session, finding, Relation.FOUND_ON, walk, viewer=OPERATOR)
    assert link(session, finding, Relation.FOUND_ON, walk, viewer=OPERATOR) is first
    unlink(session, finding, Relation.FOUND_ON, walk, viewer=OPERATOR)
    assert told(session, walk) == ([], [])
    assert [row.verb for row in histories.of(session, finding, viewer=OPERATOR)] == [
        "unlinked",
        "linked",
        "logged",
    ]
    with pytest.raises(NotFound):
        unlink(session, finding, Relation.FOUND_ON, walk, viewer=OPERATOR)


def test_a_link_needs_kinds_it_makes_sense_for_and_a_right_to_one_end(session: Session) -> None:
    team, other = make_team(session), make_team(session, "Others")
    stranger = viewer_for(make_user(session, other), other)
    walk, asset = make_entry(session, "walkabout", team), make_entry(session, "asset", team)
    with pytest.raises(Invalid):
        link(session, walk, Relation.FOUND_ON, asset, viewer=OPERATOR)
    with pytest.raises(Invalid):
        link(session, asset, Relation.LED_TO, asset, viewer=OPERATOR)
    with pytest.raises(NotAllowed):
        link(session, asset, Relation.FOUND_ON, walk, viewer=stranger)


def test_an_offer_is_linked_to_who_gives_it_whenever_that_changes(session: Session) -> None:
    team = make_team(session)
    group, hall = make_entry(session, "group", team), make_entry(session, "asset", team)
    offer = make_entry(session, "offer", team, group=str(group.uid))
    assert told(session, offer) == (["group"], [])
    assert told(session, group) == ([], ["offer"])
    whole = snapshots.of(session, offer) | {"group": None}
    draft = snapshots.draft_of("offer", whole | {"asset": str(hall.uid)})
    entries.change(session, offer, draft, viewer=OPERATOR, base_version=1)
    assert (told(session, offer), told(session, group)) == ((["asset"], []), ([], []))
    draft = snapshots.draft_of("offer", whole | {"person_role": "Retired cook"})
    entries.change(session, offer, draft, viewer=OPERATOR, base_version=2)
    assert told(session, offer) == ([], [])


def test_what_is_tied_to_an_entry_while_somebody_changes_it_is_kept_and_so_is_their_change(
    session: Session,
) -> None:
    team = make_team(session)
    hall, walk = make_entry(session, "asset", team), make_entry(session, "walkabout", team)
    made = Image.new("RGB", (64, 64), "navy")
    file = io.BytesIO()
    made.save(file, "JPEG")
    elsewhere = update(Entry).where(Entry.id == hall.id).values(version=Entry.version + 1)
    elsewhere = elsewhere.execution_options(synchronize_session=False)
    ties: list[Callable[[], object]] = [
        lambda: link(session, hall, Relation.FOUND_ON, walk, viewer=OPERATOR),
        lambda: unlink(session, hall, Relation.FOUND_ON, walk, viewer=OPERATOR),
        lambda: attach(session, hall, file.getvalue(), PhotoDetails(), viewer=OPERATOR),
    ]
    for number, tie in enumerate(ties, 1):
        session.execute(elsewhere)
        tie()
        session.flush()
        assert hall.version == 1 + 2 * number

"""How much of an entry's past each viewer learns."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.register import audit_reading, entries, features, histories, links, merging, search
from assetmap.schemas.audit import AuditSearch
from assetmap.schemas.entries import AssetDraft, OfferDraft
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind, Relation
from tests.make import (
    draft_fields,
    make_area,
    make_entry,
    make_person,
    make_team,
    make_user,
    point,
    viewer_for,
)
from tests.queries import plans_of

HOME: dict[str, Any] = {"address": "12 Mill Lane", "postcode": "QX1 2AB", "precision": "ward"}


def test_strangers_learn_what_changed_but_not_who_why_or_where_it_was(session: Session) -> None:
    team = make_team(session)
    made = make_entry(session, "offer", team, geometry=point(-1.91, 53.73))
    fields = draft_fields(session, Kind.OFFER, title="New", geometry=point(-1.90, 53.73))
    draft = OfferDraft.model_validate(fields)
    entries.change(session, made, draft, viewer=OPERATOR, base_version=1, why="She moved")
    outside = histories.of(session, made, viewer=PUBLIC)[0]
    assert set(outside.changes) == {"title"}
    assert (outside.by, outside.why) == (None, "")
    inside = histories.of(session, made, viewer=OPERATOR)[0]
    assert set(inside.changes) == {"title", "geometry"}
    assert inside.why == "She moved"


def test_the_address_of_a_home_is_shown_to_its_team_only_and_found_by_nobody(
    session: Session,
) -> None:
    make_area(session)
    made = make_entry(session, "offer", make_team(session), **HOME)
    (hit,) = search.load(session, [made.id], viewer=PUBLIC)
    public = features.properties(hit, made.created_at.date())
    assert (public["address"], public["postcode"]) == ("", None)
    (hit,) = search.load(session, [made.id], viewer=OPERATOR)
    whole = features.whole(session, hit, made.created_at.date(), viewer=OPERATOR)
    assert whole["properties"]["address"] == "12 Mill Lane"
    for words in ("mill lane", "QX1 2AB"):
        assert search.search(session, EntrySearch(text=words), viewer=PUBLIC).total == 0


def test_what_was_written_while_fewer_might_see_an_entry_stays_with_its_team(
    session: Session,
) -> None:
    team = make_team(session)
    made = make_entry(session, "offer", team, visibility="team", description="Ask Ann at home")
    for version, more in enumerate(
        ({"visibility": "team"}, {"visibility": "public"}, {"title": "A new name"}), 1
    ):
        fields = draft_fields(session, Kind.OFFER, **more)
        draft = OfferDraft.model_validate(fields)
        entries.change(session, made, draft, viewer=OPERATOR, base_version=version)
    told = histories.of(session, made, viewer=PUBLIC)
    assert [set(one.changes) for one in told] == [{"title"}, set(), set(), set()]
    assert "Ask Ann at home" in str(histories.of(session, made, viewer=OPERATOR))


def test_an_entry_that_nobody_else_may_see_is_not_named_by_the_history_of_another(
    session: Session,
) -> None:
    team = make_team(session)
    group = make_entry(session, "group", team, visibility="restricted")
    hall = make_entry(session, "asset", team)
    draft = AssetDraft.model_validate(
        draft_fields(session, Kind.ASSET, operator=str(group.uid), title=hall.title)
    )
    entries.change(session, hall, draft, viewer=OPERATOR, base_version=1)
    assert str(group.uid) not in str(histories.of(session, hall, viewer=PUBLIC))


def test_a_link_is_told_to_its_team_by_name_and_to_nobody_who_may_not_see_both_ends(
    session: Session,
) -> None:
    team = make_team(session)
    editor = viewer_for(make_user(session, team), team)
    hall = make_entry(session, "asset", team)
    shown = make_entry(session, "hotspot", team, title="Bridge")
    hidden = make_entry(session, "hotspot", make_team(session, "Others"), visibility="team")
    for hotspot in (shown, hidden):
        links.link(session, hall, Relation.ABOUT, hotspot, viewer=OPERATOR)
    inside = histories.of(session, hall, viewer=editor)
    assert [one.verb for one in inside] == ["linked", "logged"]
    assert inside[0].called == {str(shown.uid): f"{shown.ref} Bridge"}
    assert [one.verb for one in histories.of(session, hall, viewer=PUBLIC)] == ["logged"]


@pytest.mark.parametrize(
    ("verb", "changes"),
    [
        ("photo added", {"photo": [None, "Ann at her door"]}),
        ("track added", {"track": [None, "840 m"]}),
        ("voice note written", {"transcript": ["", "Ann said"]}),
        ("passed on", {"passed_on": [None, ["description"]]}),
        ("something new", {"nobody thought of": [None, "a secret"]}),
        ("linked", {}),  # what it was tied to has been forgotten since
    ],
)
def test_what_lies_beside_an_entry_is_told_to_its_team_only(
    session: Session, verb: str, changes: dict[str, Any]
) -> None:
    hall = make_entry(session, "asset", make_team(session))
    entries.remember(session, hall, verb, changes, viewer=OPERATOR)
    assert [one.verb for one in histories.of(session, hall, viewer=PUBLIC)] == ["logged"]
    assert [one.verb for one in histories.of(session, hall, viewer=OPERATOR)] == [verb, "logged"]


def test_a_merge_does_not_tell_one_team_where_the_home_of_another_was(session: Session) -> None:
    ours, theirs = make_team(session), make_team(session, "Hilltop team")
    us = viewer_for(make_user(session, ours), ours)
    keep = make_entry(session, "asset", ours, address="Hall Road")
    gone = make_entry(session, "asset", theirs, **HOME)
    fields = draft_fields(session, Kind.ASSET, **HOME | {"address": "14 Mill Lane"})
    draft = AssetDraft.model_validate(fields)
    entries.change(session, gone, draft, viewer=OPERATOR, base_version=1, why="She moved")
    merging.merge(session, keep, gone, viewer=OPERATOR)
    told = str(histories.of(session, keep, viewer=us))
    assert "Mill Lane" not in told
    assert "She moved" not in told


def test_the_place_of_a_person_s_own_offer_is_not_plotted_unless_somebody_says_so(
    session: Session,
) -> None:
    area = make_area(session, code="E01000001", type="lsoa")
    team = make_team(session)
    home = point(-1.9012, 53.7012)
    theirs = make_entry(session, "offer", team, geometry=home, precision=None)
    group = make_entry(session, "group", team, geometry=home)
    given: dict[str, Any] = {
        "person_role": "",
        "group": str(group.uid),
        "geometry": home,
        "precision": None,
    }
    ours = make_entry(session, "offer", team, **given)
    assert (theirs.longitude, theirs.latitude) == pytest.approx((area.longitude, area.latitude))
    assert [theirs.precision, group.precision, ours.precision] == ["lsoa", "exact", "exact"]


def test_the_past_of_one_and_who_saw_somebody_are_found_without_reading_everybodys(
    session: Session,
) -> None:
    team = make_team(session)
    made, person = make_entry(session, "asset", team), make_person(session, team)
    session.flush()
    with plans_of(session, "history.changes") as pasts, plans_of(session, "subject") as accounts:
        histories.of(session, made, viewer=OPERATOR)
        audit_reading.find(session, AuditSearch(about=str(person.uid)), viewer=OPERATOR)
    assert pasts
    assert accounts
    for plan in (*pasts, *accounts):
        if session.get_bind().dialect.name == "sqlite":
            assert "SCAN history" not in plan, plan
            assert "SCAN audit_subject" not in plan, plan
        else:  # a question answered row by row is one that no index can answer
            assert "OR (hashed SubPlan" not in plan, plan

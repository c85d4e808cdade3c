"""How much of an entry's past each viewer learns."""

from typing import Any

from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.register import entries, features, histories, search
from assetmap.schemas.entries import OfferDraft
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Kind
from tests.make import draft_fields, make_area, make_entry, make_team, point

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
    (hit,) = search.load(session, [made.id])
    public = features.properties(hit, made.created_at.date())
    assert (public["address"], public["postcode"]) == ("", None)
    whole = features.whole(session, hit, made.created_at.date(), viewer=OPERATOR)
    assert whole["properties"]["address"] == "12 Mill Lane"
    for words in ("mill lane", "QX1 2AB"):
        assert search.search(session, EntrySearch(text=words), viewer=PUBLIC).total == 0

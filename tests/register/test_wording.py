"""What a slip of the finger is taken for: only what public entries have now."""

from typing import Any

from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.models import Entry
from assetmap.register import clearing, entries, merging, search, snapshots, wording
from assetmap.schemas.search import EntrySearch
from tests.make import make_entry, make_team


def change(session: Session, entry: Entry, **fields: Any) -> None:
    draft = snapshots.draft_of(entry.kind, snapshots.of(session, entry) | fields)
    entries.change(session, entry, draft, viewer=OPERATOR, base_version=entry.version)


def titles(session: Session, text: str) -> list[str]:
    found = search.search(session, EntrySearch(text=text), viewer=PUBLIC)
    return [hit.entry.title for hit in found.hits]


def test_words_of_entries_that_are_public_no_more_correct_nobody(session: Session) -> None:
    team = make_team(session)
    hidden = make_entry(session, "asset", team, title="Zebulon shelter")
    withdrawn = make_entry(session, "asset", team, title="Quixotic refuge")
    changed = make_entry(session, "asset", team, title="Wolverine hostel")
    kept = make_entry(session, "asset", team, title="Allotment society")
    merged = make_entry(session, "asset", team, title="Marigold annexe")
    slips = ("zebulun", "quixotik", "wolverin", "marygold")
    assert [len(titles(session, text)) for text in slips] == [1, 1, 1, 1]
    change(session, hidden, visibility="team")
    entries.withdraw(session, withdrawn, viewer=OPERATOR, why="Gone")
    change(session, changed, title="Night hostel")
    merging.merge(session, kept, merged, viewer=OPERATOR)
    assert [titles(session, text) for text in slips] == [[], [], [], []]
    there = clearing.find(session, viewer=OPERATOR)
    assert {"zebulon", "quixotic", "wolverine", "marigold"} <= set(there.words)
    clearing.clear(session, there, viewer=OPERATOR)
    found = wording.corrections(session, [*slips, "alotment"])
    assert found.pop("alotment") == ["allotment"]
    assert set(map(tuple, found.values())) == {()}


def test_a_word_that_only_a_hidden_entry_has_is_corrected_like_one_nobody_knows(
    session: Session,
) -> None:
    team = make_team(session)
    hidden = make_entry(session, "asset", team, title="Allotmenta")
    make_entry(session, "asset", team, title="Allotment society")
    assert "allotmenta" not in wording.corrections(session, ["allotmenta"])
    for visibility in ("partner", "team", "restricted"):
        change(session, hidden, visibility=visibility)
        assert wording.corrections(session, ["allotmenta"]) == {"allotmenta": ["allotment"]}
        assert titles(session, "allotmenta") == ["Allotment society"]


def test_hidden_words_do_not_crowd_out_those_that_are_shown(session: Session) -> None:
    team = make_team(session)
    for letter in "abcdef":
        near = make_entry(session, "asset", team, title=f"Xylo{letter}hone")
        change(session, near, visibility="team")
    make_entry(session, "asset", team, title="Xylophone lessons")
    assert titles(session, "xylohone") == ["Xylophone lessons"]


def test_a_slip_in_one_finds_many_and_in_many_finds_one(session: Session) -> None:
    team = make_team(session)
    for title in ("Food parcels", "Kitchen at the chapel"):
        make_entry(session, "asset", team, title=title)
    assert titles(session, "parsel") == titles(session, "parsels") == ["Food parcels"]
    assert titles(session, "kitchn") == titles(session, "kitchns") == ["Kitchen at the chapel"]


def test_transport_finds_lifts_and_no_car_parks(session: Session) -> None:
    team = make_team(session)
    for title in ("Lift to hospital", "Car park by the canal"):
        make_entry(session, "asset", team, title=title)
    assert titles(session, "transport") == ["Lift to hospital"]
    assert titles(session, "car") == ["Car park by the canal"]


def test_a_word_that_means_something_is_no_slip_for_another(session: Session) -> None:
    team = make_team(session)
    for title in ("Children's games", "Litter kits"):
        make_entry(session, "asset", team, title=title)
    assert titles(session, "kids") == titles(session, "children") == ["Children's games"]


def test_a_slip_in_a_word_that_no_entry_has_finds_what_means_the_same(session: Session) -> None:
    make_entry(session, "asset", make_team(session), title="Bike doctor")
    assert titles(session, "bicycel") == titles(session, "bicycle") == ["Bike doctor"]

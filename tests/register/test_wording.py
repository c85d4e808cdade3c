"""What a slip of the finger is taken for."""

from typing import Any

from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, PUBLIC
from assetmap.models import Entry
from assetmap.register import entries, merging, search, snapshots, wording
from assetmap.schemas.search import EntrySearch
from tests.make import make_entry, make_team


def change(session: Session, entry: Entry, **fields: Any) -> None:
    draft = snapshots.draft_of(entry.kind, snapshots.of(session, entry) | fields)
    entries.change(session, entry, draft, viewer=OPERATOR, base_version=entry.version)


def test_words_of_entries_that_are_public_no_more_correct_nobody(session: Session) -> None:
    team = make_team(session)
    hidden = make_entry(session, "asset", team, title="Zebulon shelter")
    withdrawn = make_entry(session, "asset", team, title="Quixotic refuge")
    changed = make_entry(session, "asset", team, title="Wolverine hostel")
    merged = make_entry(session, "asset", team, title="Marigold annexe")
    kept = make_entry(session, "asset", team, title="Allotment society")
    typed = ["zebulun", "quixotik", "wolverin", "marygold", "alotment"]
    # each known word is the only correction of what is typed
    assert wording.corrections(session, typed)["zebulun"] == ["zebulon"]
    assert all(len(found) == 1 for found in wording.corrections(session, typed).values())
    change(session, hidden, visibility="team")
    entries.withdraw(session, withdrawn, viewer=OPERATOR, why="Gone")
    change(session, changed, title="Night hostel")
    merging.merge(session, kept, merged, viewer=OPERATOR)
    found = wording.corrections(session, typed)
    assert found.pop("alotment") == ["allotment"]
    assert set(map(tuple, found.values())) == {()}


def test_a_word_that_only_a_hidden_entry_has_is_corrected_like_one_nobody_knows(
    session: Session,
) -> None:
    team = make_team(session)
    hidden = make_entry(session, "asset", team, title="Allotmenta", visibility="public")
    make_entry(session, "asset", team, title="Allotment society")
    assert "allotmenta" not in wording.corrections(session, ["allotmenta"])
    change(session, hidden, visibility="restricted")
    assert wording.corrections(session, ["allotmenta"]) == {"allotmenta": ["allotment"]}
    found = search.search(session, EntrySearch(text="allotmenta"), viewer=PUBLIC)
    assert [hit.entry.title for hit in found.hits] == ["Allotment society"]

"""Which words of an entry a search found."""

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from assetmap.access import PUBLIC
from assetmap.register import matched, search
from assetmap.register.matched import LONGEST_EXTRACT, Matched
from assetmap.schemas.search import EntrySearch
from tests.make import make_category, make_entry, make_team


def found(session: Session, words: str) -> Matched:
    results = search.search(session, EntrySearch(text=words, status=("any",)), viewer=PUBLIC)
    (hit,) = results.hits
    return matched.matched(hit.entry, results.words)


def marks(pieces: matched.Pieces) -> list[str]:
    return [text for text, is_hit in pieces if is_hit]


def test_stems_slips_and_what_means_the_same_are_marked_as_they_are_written(
    session: Session,
) -> None:
    team = make_team(session)
    make_category(session, "asset", "pla_hall", "Community hall")
    make_entry(
        session,
        "asset",
        team,
        title="Gardeners’ Café",
        category="pla_hall",
        description=f"{'Before it. ' * 40}Free Wi-Fi, a foodbank and a workshop. {'After. ' * 40}",
        tags=["warm", "knitting"],
    )
    session.commit()
    assert marks(found(session, "gardener").title) == ["Gardeners"]
    assert marks(found(session, "cafes halls").category) == ["hall"]
    assert found(session, "cafe").extracts == {}
    slip = found(session, "worksop").extracts["description"]
    assert marks(slip) == ["workshop"]
    assert len("".join(text for text, _ in slip)) <= LONGEST_EXTRACT + 4
    assert slip[0] == ("… ", False)
    assert slip[-1] == (" …", False)
    assert marks(found(session, "cafe knitting").extracts["tags"]) == ["knitting"]
    same = found(session, "food bank").extracts["description"]
    assert marks(same) == ["foodbank"]


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200), st.sets(st.sampled_from(["food", "cafe", "hall"])))
def test_a_text_cut_into_pieces_is_the_same_text(text: str, stems: set[str]) -> None:
    assert "".join(piece for piece, _ in matched.pieces(text, stems)) == text

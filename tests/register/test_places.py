"""What somebody may have meant by a place."""

import pytest
from sqlalchemy.orm import Session

from assetmap.errors import Invalid
from assetmap.models import Postcode
from assetmap.register import gazetteer, places
from tests.make import make_area


def make_postcode(
    session: Session, pcds: str, longitude: float | None = -1.92, **more: str
) -> None:
    latitude = None if longitude is None else 53.73
    session.add(Postcode(pcds=pcds, longitude=longitude, latitude=latitude, **more))
    session.flush()


def labels(session: Session, typed: str) -> list[str]:
    return [place.label for place in gazetteer.candidates(session, typed).places]


@pytest.mark.parametrize("typed", ["HU1 3UB", "hu13ub", " Hu1  3uB "])
def test_a_postcode_is_found_however_it_is_typed(session: Session, typed: str) -> None:
    make_postcode(session, "HU1 3UB")
    assert places.find(session, typed).point == (-1.92, 53.73)
    assert labels(session, typed) == ["HU1 3UB"]


def test_a_postcode_with_no_position_is_refused(session: Session) -> None:
    make_postcode(session, "HU1 3UB", None)
    with pytest.raises(Invalid, match="has no position"):
        places.find(session, "HU1 3UB")
    found = gazetteer.candidates(session, "HU1 3UB")
    assert (found.places, found.problem) == ([], "The postcode HU1 3UB has no position.")


def test_an_ended_postcode_is_found_and_says_so(session: Session) -> None:
    make_postcode(session, "HU1 3UB", terminated="199506")
    assert "ended" in gazetteer.candidates(session, "HU1 3UB").places[0].note


def test_the_beginning_of_a_postcode_suggests_those_in_use(session: Session) -> None:
    for pcds in ("HU1 3UB", "HU1 3UA", "HU1 4AA", "HU10 3UB"):
        make_postcode(session, pcds)
    make_postcode(session, "HU1 3ZZ", terminated="199506")
    make_postcode(session, "HU1 3ZY", None)
    assert labels(session, "hu1 3") == ["HU1 3UA", "HU1 3UB"]
    assert labels(session, "HU1") == ["HU1 3UA", "HU1 3UB", "HU1 4AA"]


def test_longitude_comes_before_latitude(session: Session) -> None:
    place = places.find(session, "-1.92, 53.73")
    assert (place.longitude, place.latitude, place.method) == (-1.92, 53.73, "map_click")
    with pytest.raises(Invalid, match="longitude comes first"):
        places.find(session, "53.73, -100.5")
    with pytest.raises(Invalid, match="look swapped"):
        places.find(session, "53.73, -1.92")


def test_a_name_finds_areas_whole_names_first(session: Session) -> None:
    make_area(session, "E2", "Riverside Park")
    make_area(session, "E1", "Riverside")
    make_area(session, "E3", "Old Riverside")
    assert labels(session, "river-side") == []
    assert labels(session, "riverside") == ["Riverside (ward)", "Riverside Park (ward)"]


def test_accents_capitals_and_apostrophes_do_not_matter(session: Session) -> None:
    make_area(session, "E1", "St Andrew’s & Dócklands")
    assert labels(session, "ST ANDREWS docklands") == ["St Andrew’s & Dócklands (ward)"]


def test_an_area_is_found_by_its_code(session: Session) -> None:
    make_area(session, "E05000001", "Riverside")
    assert labels(session, "e05000001") == ["Riverside (ward)"]


def test_a_place_that_is_not_found_says_what_can_be_typed(session: Session) -> None:
    found = gazetteer.candidates(session, "Atlantis")
    assert found.places == []
    assert found.problem.startswith("No place called “Atlantis” was found. Type a postcode")
    assert gazetteer.candidates(session, " ") == gazetteer.Candidates()


@pytest.mark.parametrize("typed", ["%", "_", "'; DROP TABLE area;--", "100%_x", "🏠", "⁰⁰˝"])
def test_odd_characters_find_nothing_and_break_nothing(session: Session, typed: str) -> None:
    make_area(session)
    assert labels(session, typed) == []

"""What a search gave, changed and sent back."""

from tests.api.conftest import Place, hall, tagged
from tests.make import point

HOME = point(-1.9217, 53.7355)


def test_a_found_entry_that_is_sent_back_keeps_the_exact_place_that_its_team_alone_knows(
    place: Place,
) -> None:
    address, _ = hall(
        place, title="Lantern house", precision="ward", address="1 Elm Street", geometry=HOME
    )
    (found,) = place.ours.get("/api/entries?text=lantern").get_json()["features"]
    assert found["geometry"] != HOME
    found["properties"]["title"] = "Lantern home"
    changed = place.ours.put(address, found, headers=tagged(1)).get_json()
    assert changed["properties"]["title"] == "Lantern home"
    assert changed["geometry"] == HOME
    assert changed["properties"]["address"] == "1 Elm Street"


def test_a_place_that_was_moved_is_where_it_was_moved_to(place: Place) -> None:
    address, made = hall(place, precision="ward", address="1 Elm Street", geometry=HOME)
    made["geometry"] = point(-1.93, 53.74)
    made["properties"]["address"] = ""
    changed = place.ours.put(address, made, headers=tagged(1)).get_json()
    assert changed["geometry"] == point(-1.93, 53.74)
    assert changed["properties"]["address"] == ""

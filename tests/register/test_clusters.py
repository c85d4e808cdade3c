"""What the map draws of what is found."""

import pytest
from sqlalchemy.orm import Session

from assetmap.access import PUBLIC
from assetmap.register import clusters
from assetmap.register.bulk import BulkEntry, insert_entries
from assetmap.register.clusters import Grid
from assetmap.schemas.entries import AssetDraft
from assetmap.schemas.search import MapSearch
from assetmap.vocabulary import Kind
from tests.make import draft_fields, make_entry, make_team, point

SIDE = 24


def test_the_map_leaves_nothing_out_however_much_is_spread_over_it(session: Session) -> None:
    team = make_team(session)
    fields = draft_fields(session, Kind.ASSET)
    places = [point(-2 + 0.02 * n, 53.5 + 0.012 * m) for n in range(SIDE) for m in range(SIDE)]
    drafts = [AssetDraft.model_validate(fields | {"geometry": place}) for place in places]
    insert_entries(session, [BulkEntry(draft, team.id) for draft in drafts])
    for zoom in range(8, 16):
        wanted = MapSearch(bbox=(-2.01, 53.49, -1.5, 53.8), zoom=zoom)
        drawn = clusters.on_map(session, wanted, viewer=PUBLIC)
        assert drawn.total == SIDE * SIDE
        assert len(drawn.clusters) + len(drawn.singles) <= clusters.MOST_FEATURES


def test_what_has_a_pin_of_its_own_is_in_no_cluster(session: Session) -> None:
    team = make_team(session)
    here, *others = [make_entry(session, "asset", team, geometry=point(-1.9, 53.7)) for _ in "abc"]
    box = (-2.0, 53.6, -1.8, 53.8)
    drawn = clusters.on_map(
        session, MapSearch(bbox=box, zoom=10, without=(here.uid,)), viewer=PUBLIC
    )
    assert (drawn.total, [cluster.count for cluster in drawn.clusters]) == (2, [2])
    shown = tuple(entry.uid for entry in (here, *others[1:]))
    drawn = clusters.on_map(session, MapSearch(bbox=box, zoom=10, without=shown), viewer=PUBLIC)
    assert [hit.entry.uid for hit in drawn.singles] == [others[0].uid]


@pytest.mark.parametrize("zoom", [0, 12, 20])
def test_a_cell_is_never_so_small_that_too_many_are_needed(zoom: int) -> None:
    wanted = MapSearch(bbox=(-8.0, 50.0, 1.0, 60.0), zoom=zoom)
    (west, east), (south, north) = Grid.over(wanted).columns, Grid.over(wanted).lines
    assert (east - west + 1) * (north - south + 1) <= clusters.MOST_FEATURES

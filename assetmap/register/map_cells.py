"""Adding up the counts of cells that the map of wide country is drawn from."""

from sqlalchemy.orm import Session

from assetmap import loading
from assetmap.connections import lock_for_writing
from assetmap.models import MapCell
from assetmap.models.map_cell import SAME, SUMS


def add_up(session: Session) -> None:
    """Make one row of all that say how many of one sort are in one cell; see `MapCell`."""
    lock_for_writing(session, MapCell.__tablename__)
    loading.add_up(session, MapCell, SAME, SUMS)

"""How many entries there are in each cell of a grid, for maps of wide country."""

from datetime import date

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Model
from assetmap.models.columns import short

LEVELS = (9, 12)  # a cell of a level is 360 / 2**level degrees wide: about 46 km and 5.8 km
FLATTENED = 0.6  # about cos(53°): a cell this much shorter north-south is square on British maps
PARTS = 10_000_000  # of a degree: sums of whole numbers come out the same in any order
# what tells the rows of a cell apart, and what is added up
SAME = ("level", "line", "col", "kind", "status", "visibility", "team_id", "lapses_on")
SUMS = ("count", "longitude", "latitude", "ids")


class MapCell(Model):
    """Entries of one sort in one cell: what they are, who keeps them, how many, and the sums of
    where they are. Triggers of `entry` add rows here, with less than nothing for what goes; what
    is in a cell is the sum of its rows. Nothing here is withdrawn, merged or without a place.

    lapses_on: the first day of the month in which they run out. ids: the sum of their keys, which
    is the key where there is one.
    """

    __tablename__ = "map_cell"
    __table_args__ = (Index("ix_map_cell_level_line_col", "level", "line", "col"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    level: Mapped[int]
    line: Mapped[int]
    col: Mapped[int]
    kind: Mapped[str] = short(12)
    status: Mapped[str] = short(20)
    visibility: Mapped[str] = short(12)
    team_id: Mapped[int]  # no foreign key: a trigger takes it from an entry, which has one
    lapses_on: Mapped[date | None]
    count: Mapped[int]
    longitude: Mapped[int] = mapped_column(BigInteger)
    latitude: Mapped[int] = mapped_column(BigInteger)
    ids: Mapped[int] = mapped_column(BigInteger)

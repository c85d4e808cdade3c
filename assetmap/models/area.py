"""Reference geography: areas and postcodes."""

from datetime import date
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.spatial import SRID
from assetmap.vocabulary import AREA_TYPE_LABELS, AreaType


class Area(Identified, Model):
    """A ward, a small area, a district, a force, or a patch drawn by hand, of one vintage."""

    __tablename__ = "area"
    __table_args__ = (
        UniqueConstraint("type", "code", "vintage"),
        one_of("type", values(AreaType)),
    )

    type: Mapped[str] = short(20)
    code: Mapped[str] = short(40, index=True)
    vintage: Mapped[str] = short(8, default="")
    name: Mapped[str] = short(120, index=True)
    name_folded: Mapped[str] = short(120, index=True)  # as textsearch.words gives it, for look-up
    boundary: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=SRID), deferred=True)
    longitude: Mapped[float]  # of a point that is surely inside
    latitude: Mapped[float]
    west: Mapped[float]
    south: Mapped[float]
    east: Mapped[float]
    north: Mapped[float]
    parent_id: Mapped[int | None] = pointing("area.id")
    parent: Mapped["Area | None"] = relationship(remote_side="Area.id", lazy="raise")
    source: Mapped[str | None] = short(120)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    @property
    def label(self) -> str:
        """What people call it: "Riverside (ward)"."""
        return f"{self.name} ({AREA_TYPE_LABELS[self.type].lower()})"


class EntryArea(Model):
    """An area that an entry lies in; computed when it is written and when boundaries change."""

    __tablename__ = "entry_area"

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        ForeignKey("area.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class EntryCovers(Model):
    """An area that an entry serves, as somebody said."""

    __tablename__ = "entry_covers"

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), primary_key=True, index=True)


class Postcode(Model):
    """A postcode and where it is; ended ones stay, so that old addresses still resolve."""

    __tablename__ = "postcode"
    __table_args__ = (CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name="position"),)

    pcds: Mapped[str] = short(8, primary_key=True)
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    introduced: Mapped[str | None] = short(6)
    terminated: Mapped[str | None] = short(6)
    ward: Mapped[str | None] = short(9)
    lsoa: Mapped[str | None] = short(9)
    lad: Mapped[str | None] = short(9)
    release: Mapped[str] = short(40, default="")

"""How many people live where, by age, sex and so on: as published, by small area."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, short, values
from assetmap.vocabulary import AreaType


class PopulationProfile(Identified, Model):
    """One dimension of a population, of one year, by one sort of area: "age, 2020, by LSOA of
    2011". area_vintage: which edition of those areas, "" where that is not said."""

    __tablename__ = "population_profile"
    __table_args__ = (
        UniqueConstraint("dimension", "year", "area_type", "area_vintage"),
        one_of("area_type", values(AreaType)),
        CheckConstraint("length(year) = 4", name="year"),
    )

    dimension: Mapped[str] = short(20)
    year: Mapped[str] = short(4)
    area_type: Mapped[str] = short(20)
    area_vintage: Mapped[str] = short(8, default="")
    source: Mapped[str] = short(200, default="")
    loaded_at: Mapped[datetime] = mapped_column(default=now)


class Population(Model):
    """How many people of each category of a profile live in one area, by its code: areas may be
    loaded after it, or never."""

    __tablename__ = "population"

    profile_id: Mapped[int] = mapped_column(
        ForeignKey("population_profile.id", ondelete="CASCADE"), primary_key=True
    )
    area_code: Mapped[str] = short(40, primary_key=True)
    people: Mapped[dict[str, Any]]

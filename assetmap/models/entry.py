"""The register's one table: everything that can be put on the map is an entry."""

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.connections import where_there
from assetmap.db import Identified, Model, now
from assetmap.errors import Conflict
from assetmap.models.area import Area
from assetmap.models.category import Category
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.people import Team, User
from assetmap.models.states import MOVES, check_move, missing
from assetmap.spatial import SRID
from assetmap.textsearch import SearchVector
from assetmap.vocabulary import (
    CheckedHow,
    Kind,
    LocationMethod,
    Precision,
    Relation,
    Visibility,
)


def _states() -> CheckConstraint:
    legal = " OR ".join(
        f"(kind = '{kind}' AND status IN ({', '.join(repr(s) for s in moves)}))"
        for kind, moves in MOVES.items()
    )
    return CheckConstraint(legal, name="status")


class Entry(Identified, Model):
    """One thing on the register. `location` is what is shown and searched, stepped down by
    `precision` when it is written; `exact_location` is for the owning team alone."""

    __tablename__ = "entry"
    __table_args__: tuple[Any, ...] = (
        one_of("kind", values(Kind)),
        one_of("visibility", values(Visibility)),
        one_of("precision", values(Precision)),
        one_of("location_method", values(LocationMethod), optional=True),
        one_of("checked_how", values(CheckedHow), optional=True),
        _states(),
        CheckConstraint("length(title) > 0", name="title"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("kind <> 'offer' OR expires_on IS NOT NULL", name="offer_expires"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_why IS NULL)", name="withdrawn"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="merged"),
        CheckConstraint(
            "longitude IS NULL OR (longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90"
            " AND NOT (longitude = 0 AND latitude = 0))",
            name="on_earth",
        ),
        CheckConstraint("radius_m IS NULL OR radius_m BETWEEN 1 AND 100000", name="radius_m"),
        CheckConstraint("accuracy_m IS NULL OR accuracy_m BETWEEN 0 AND 100000", name="accuracy_m"),
        UniqueConstraint("source", "external_id"),
        Index("ix_entry_tokens", "tokens", postgresql_using="gin").ddl_if(dialect="postgresql"),
        Index("ix_entry_kind_visibility_status", "kind", "visibility", "status"),
        Index("ix_entry_team_id_kind", "team_id", "kind"),
        where_there("entry", "merged_into_id"),
        where_there("entry", "review_due"),
        where_there("entry", "expires_on"),
    )
    kind: Mapped[str] = short(12)
    title: Mapped[str] = short(160)
    title_folded: Mapped[str] = short(200, index=True)  # for likely-the-same and look-ups
    description: Mapped[str] = short(4000, default="")
    category_id: Mapped[int | None] = pointing("category.id")
    status: Mapped[str] = short(20)
    visibility: Mapped[str] = short(12, default=Visibility.PUBLIC)
    contact_visibility: Mapped[str] = short(12, default=Visibility.PUBLIC, server_default="public")
    notes: Mapped[str] = short(2000, default="", server_default="")  # for the owning team
    team_id: Mapped[int] = pointing("team.id", index=False)
    version: Mapped[int] = mapped_column(default=1)

    location: Mapped[Any] = mapped_column(
        Geometry("GEOMETRY", srid=SRID), nullable=True, deferred=True
    )
    exact_location: Mapped[Any] = mapped_column(
        Geometry("GEOMETRY", srid=SRID, spatial_index=False), nullable=True, deferred=True
    )
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    location_method: Mapped[str | None] = short(12)
    accuracy_m: Mapped[float | None]
    precision: Mapped[str] = short(10, default=Precision.EXACT)
    address: Mapped[str] = short(200, default="")
    postcode: Mapped[str | None] = short(8, index=True)
    covers: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", srid=SRID), nullable=True, deferred=True
    )
    radius_m: Mapped[int | None]
    tags: Mapped[list[str]] = mapped_column(default=list)

    checked_on: Mapped[date | None]
    checked_how: Mapped[str | None] = short(10)
    checked_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    review_due: Mapped[date | None]
    expires_on: Mapped[date | None]

    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    updated_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    withdrawn_why: Mapped[str | None] = short(500)
    merged_into_id: Mapped[int | None] = pointing("entry.id", index=False)

    import_id: Mapped[int | None] = pointing("import.id")
    source: Mapped[str | None] = short(120)
    external_id: Mapped[str | None] = short(200)
    licence: Mapped[str | None] = short(80)
    tokens: Mapped[Any] = mapped_column(SearchVector, nullable=True, deferred=True)

    category: Mapped[Category | None] = relationship(lazy="raise")
    team: Mapped[Team] = relationship(lazy="raise")
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id], lazy="raise")
    checked_by: Mapped[User | None] = relationship(foreign_keys=[checked_by_id], lazy="raise")
    covers_areas: Mapped[list[Area]] = relationship(
        secondary="entry_covers", lazy="raise", order_by="Area.code"
    )
    areas: Mapped[list[Area]] = relationship(
        secondary="entry_area", lazy="raise", order_by="Area.type, Area.code", viewonly=True
    )

    # the writer counts versions itself; the database refuses a write made from an old one
    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_on": "kind",
        "version_id_col": version,
        "version_id_generator": False,
    }

    @property
    def ref(self) -> str:
        """The short reference people read out: AST-000123."""
        return f"{Kind(self.kind).prefix}-{self.id:06d}"

    @property
    def path(self) -> str:
        """Where its page is, below the service's root."""
        return f"/{Kind(self.kind).plural}/{self.uid}"

    @property
    def shown_address(self) -> str:
        """The address, when the place is shown exactly; a home's address would undo the rest."""
        return self.address if self.precision == Precision.EXACT else ""

    @property
    def shown_postcode(self) -> str | None:
        """The postcode, when the place is shown at least that closely."""
        close = (Precision.EXACT, Precision.STREET, Precision.POSTCODE)
        return self.postcode if self.precision in close else None

    @property
    def is_live(self) -> bool:
        """Neither withdrawn nor merged into another."""
        return self.withdrawn_at is None and self.merged_into_id is None

    def is_overdue(self, today: date) -> bool:
        """Past the day somebody should have made sure of it."""
        return self.review_due is not None and self.review_due < today

    def has_run_out(self, today: date) -> bool:
        """Past the last day it holds: nobody finds it until it is renewed."""
        return self.expires_on is not None and self.expires_on < today

    def move_to(self, status: str) -> None:
        """Go to another state. Raises Conflict when the move is not a legal one, or when the
        entry lacks what the state demands."""
        check_move(self.kind, self.status, status)
        if lacking := missing(self.kind, status, self.column):
            raise Conflict(" ".join(lacking.values()))
        self.status = status

    def column(self, name: str) -> Any:
        """A column by its name."""
        return getattr(self, name)

    def check(self, on: date, how: str, review_due: date, by_id: int | None = None) -> None:
        """Say that somebody made sure of it on a day, and when to look again."""
        self._refuse_when_gone()
        self.checked_on, self.checked_how, self.review_due = on, how, review_due
        self.checked_by_id = by_id

    def withdraw(self, at: datetime, why: str, by_id: int | None = None) -> None:
        """Take it out of every output; the row stays. Raises Conflict when it is gone already."""
        self._refuse_when_gone()
        self.withdrawn_at, self.withdrawn_why, self.withdrawn_by_id = at, why, by_id

    def bring_back(self) -> None:
        """Undo a withdrawal. Raises Conflict when it was not withdrawn."""
        if self.withdrawn_at is None:
            raise Conflict("This entry is not withdrawn.")
        self.withdrawn_at = self.withdrawn_why = self.withdrawn_by_id = None

    def _refuse_when_gone(self) -> None:
        if not self.is_live:
            raise Conflict("This entry has been withdrawn or merged into another.")


class Link(Model):
    """How one entry is tied to another."""

    __tablename__ = "link"
    __table_args__ = (
        UniqueConstraint("from_id", "to_id", "relation"),
        one_of("relation", values(Relation)),
        CheckConstraint("from_id <> to_id", name="not_to_itself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = pointing("entry.id")
    to_id: Mapped[int] = pointing("entry.id")
    relation: Mapped[str] = short(12)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)


class SearchWord(Model):
    """A word of some public entry, so that misspelt searches find their way."""

    __tablename__ = "search_word"

    word: Mapped[str] = short(40, primary_key=True)


class SearchWordCut(Model):
    """A word with one letter left out; see `textsearch.cuts`."""

    __tablename__ = "search_word_cut"

    cut: Mapped[str] = mapped_column(String(40), primary_key=True)
    word: Mapped[str] = mapped_column(ForeignKey("search_word.word"), primary_key=True, index=True)

"""The classification: a two-level tree of terms for assets, offers and findings."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.errors import Conflict, Invalid
from assetmap.models.columns import one_of, pointing, short, values
from assetmap.models.people import User
from assetmap.vocabulary import Visibility

SCHEMES = ("asset", "offer", "finding")
VOCABULARIES = (
    "osm",
    "ccew",
    "icnptso",
    "ukcat",
    "abcd",
    "hsds",
    "asb_type",
    "streetsafe",
    "default_owner",
    "esd",
    "import",
)


class Category(Identified, Model):
    """A term. Codes are never reused or renamed; terms are deprecated or merged, never deleted."""

    __tablename__ = "category"
    __table_args__ = (
        UniqueConstraint("scheme", "code"),
        one_of("scheme", SCHEMES),
        one_of("default_visibility", values(Visibility), optional=True),
        CheckConstraint("(level = 1) = (parent_id IS NULL) AND level IN (1, 2)", name="two_levels"),
        CheckConstraint("replaced_by_id IS NULL OR NOT active", name="replaced_is_inactive"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
    )

    scheme: Mapped[str] = short(10)
    code: Mapped[str] = short(24)
    label: Mapped[str] = short(120)
    scope_note: Mapped[str] = short(500, default="")
    level: Mapped[int]
    parent_id: Mapped[int | None] = pointing("category.id")
    parent: Mapped["Category | None"] = relationship(
        remote_side="Category.id", foreign_keys=[parent_id], lazy="raise"
    )
    sort: Mapped[int] = mapped_column(default=0)
    core: Mapped[bool] = mapped_column(default=False)
    route_only: Mapped[bool] = mapped_column(default=False)
    default_visibility: Mapped[str | None] = short(12)
    active: Mapped[bool] = mapped_column(default=True)
    deprecated_at: Mapped[datetime | None]
    replaced_by_id: Mapped[int | None] = pointing("category.id")
    replaced_by: Mapped["Category | None"] = relationship(
        remote_side="Category.id", foreign_keys=[replaced_by_id], lazy="raise"
    )
    mappings: Mapped[list["CategoryMapping"]] = relationship(
        back_populates="category", lazy="raise", cascade="all, delete-orphan"
    )

    def deprecate(self, at: datetime, replaced_by: "Category | None" = None) -> None:
        """Keep the term on old records but offer it for no new one.

        Raises Conflict when it is deprecated already, Invalid when the replacement will not do.
        """
        if not self.active:
            raise Conflict(f"“{self.label}” is deprecated already.")
        if replaced_by is not None:
            self._check_replacement(replaced_by)
        self.active = False
        self.deprecated_at = at
        self.replaced_by_id = replaced_by.id if replaced_by else None

    def restore(self) -> None:
        """Offer the term again. Raises Conflict when it was not deprecated."""
        if self.active:
            raise Conflict(f"“{self.label}” is in use already.")
        self.active, self.deprecated_at, self.replaced_by_id = True, None, None

    def move(self, parent: "Category") -> None:
        """Put a leaf under another top term of the same scheme."""
        if self.level != 2:
            raise Invalid.field("parent", "Only a lower term can be moved.")
        if parent.level != 1 or parent.scheme != self.scheme:
            raise Invalid.field("parent", "Choose a top term of the same classification.")
        self.parent_id = parent.id

    def _check_replacement(self, other: "Category") -> None:
        if other.id == self.id or other.scheme != self.scheme or other.level != self.level:
            raise Invalid.field("into", "Choose another term of the same kind and level.")
        if not other.active:
            raise Invalid.field("into", "Choose a term that is in use.")


class CategoryMapping(Model):
    """What a term is called elsewhere: an OpenStreetMap tag, a charity class, an import's word."""

    __tablename__ = "category_mapping"
    __table_args__ = (
        UniqueConstraint("category_id", "vocabulary", "value"),
        one_of("vocabulary", VOCABULARIES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = pointing("category.id")
    vocabulary: Mapped[str] = short(20)
    value: Mapped[str] = short(120, index=True)
    category: Mapped[Category] = relationship(back_populates="mappings", lazy="raise")


class CategoryChange(Model):
    """What somebody did to a term: each field as [before, after], who, when and why."""

    __tablename__ = "category_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = pointing("category.id")
    at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    verb: Mapped[str] = short(20)
    why: Mapped[str] = short(500, default="")
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    entries: Mapped[int] = mapped_column(default=0)  # how many were re-tagged or re-indexed
    category: Mapped[Category] = relationship(lazy="raise")
    by: Mapped[User | None] = relationship(lazy="raise")

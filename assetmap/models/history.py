"""What happened to entries: every change, every photo, every import and merge."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.people import User


class History(Model):
    """One version of an entry: each field that changed, as [before, after], who, when and why."""

    __tablename__ = "history"
    __table_args__ = (UniqueConstraint("entry_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = pointing("entry.id", index=False)
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    verb: Mapped[str] = short(20)
    why: Mapped[str] = short(500, default="")
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by: Mapped[User | None] = relationship(lazy="raise")


class Attachment(Identified, Model):
    """A photo of an entry, re-encoded, without metadata; or a voice note, as it was recorded.

    Its file is kept under its checksum. A voice note has no width and no height; what it says is
    in `transcript` once somebody has written it down. A photo taken at a table of an event says at
    which.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        UniqueConstraint("entry_id", "sha256"),
        one_of("consent_scope", ("internal", "partners", "public")),
        CheckConstraint(
            "consent_scope <> 'public' OR length(alt_text) > 0", name="public_has_alt_text"
        ),
        CheckConstraint("bytes BETWEEN 1 AND 50000000", name="bytes"),
    )

    entry_id: Mapped[int] = pointing("entry.id")
    mime: Mapped[str] = short(40)
    bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    sha256: Mapped[str] = short(64)
    alt_text: Mapped[str] = short(300, default="")
    caption: Mapped[str] = short(300, default="")
    transcript: Mapped[str] = short(4000, default="")
    consent_scope: Mapped[str] = short(10, default="internal")
    taken_at: Mapped[datetime | None]
    at_table: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    created_by: Mapped[User | None] = relationship(lazy="raise")
    removed_at: Mapped[datetime | None]

    @property
    def is_sound(self) -> bool:
        """Whether it is a voice note."""
        return self.mime.startswith("audio/")


class Import(Identified, Model):
    """One load of a file: what it brought, so that it can be seen and undone as a whole."""

    __tablename__ = "import"
    __table_args__ = (
        one_of("kind", ("asset", "group", "offer", "finding")),
        one_of(
            "status",
            (
                "uploaded",
                "previewing",
                "previewed",
                "queued",
                "running",
                "done",
                "failed",
                "undone",
            ),
        ),
    )

    kind: Mapped[str] = short(10)
    status: Mapped[str] = short(12, default="uploaded")
    filename: Mapped[str] = short(200)
    file_sha256: Mapped[str] = short(64, index=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[str] = short(120, default="")
    licence: Mapped[str] = short(80, default="")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    problem: Mapped[str] = short(1000, default="")
    team_id: Mapped[int] = pointing("team.id")
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class Merge(Identified, Model):
    """One entry folded into another, with all that is needed to undo it exactly."""

    __tablename__ = "merge"

    kept_id: Mapped[int] = pointing("entry.id")
    gone_id: Mapped[int] = pointing("entry.id")
    moved: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    why: Mapped[str] = short(500, default="")
    undone_at: Mapped[datetime | None]

"""Rich pictures: what people drew at an event, and what was read out of each part."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.models.history import Attachment
from assetmap.schemas.pictures import AGREED_BY, SCOPES, SHOWS


class RichPicture(Identified, Model):
    """A photo of what a group drew, and what it may be used for. Nobody is named.

    Who may see it is kept with its photo. One that under-18s made is open to everybody only while
    somebody who may has agreed to its being published. `withdrawn_at`: that was taken back, and
    the photo went with it.
    """

    __tablename__ = "rich_picture"
    __table_args__ = (
        UniqueConstraint("attachment_id"),
        one_of("shows", SHOWS),
        one_of("scope", SCOPES),
        one_of("agreed_by", ("", *AGREED_BY)),
        CheckConstraint("length(title) > 0", name="title"),
        CheckConstraint("agreed_by = '' OR agreed_on IS NOT NULL", name="agreed_on"),
    )

    engagement_id: Mapped[int] = pointing("engagement.id")
    attachment_id: Mapped[int] = pointing("attachment.id", index=False)
    title: Mapped[str] = short(120)
    made_by: Mapped[str] = short(120, default="")
    shows: Mapped[str] = short(10, default="problem")
    under_18: Mapped[bool] = mapped_column(default=False)
    scope: Mapped[str] = short(10, default="internal")
    agreed_by: Mapped[str] = short(10, default="")
    agreed_as: Mapped[str] = short(80, default="")
    agreed_on: Mapped[date | None]
    uses: Mapped[list[Any]] = mapped_column(JSON, default=list)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = pointing("app_user.id", index=False)
    withdrawn_at: Mapped[datetime | None]
    photo: Mapped[Attachment] = relationship(lazy="raise")
    regions: Mapped[list["PictureRegion"]] = relationship(
        lazy="raise", order_by="PictureRegion.number"
    )


class PictureRegion(Identified, Model):
    """A part of a rich picture and what it tells. A finding that is made of it has its uid.

    corners: [from the left, from the top], in hundredths of the picture.
    """

    __tablename__ = "picture_region"
    __table_args__ = (
        UniqueConstraint("picture_id", "number"),
        CheckConstraint("length(insight) > 0", name="insight"),
    )

    picture_id: Mapped[int] = pointing("rich_picture.id", index=False)
    number: Mapped[int]
    insight: Mapped[str] = short(300)
    corners: Mapped[list[Any]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]

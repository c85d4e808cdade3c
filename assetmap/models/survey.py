"""What people answer before and after an event. Nothing here says who they are."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Identified, Model, now
from assetmap.models.columns import one_of, pointing, short
from assetmap.schemas.surveys import PHASES


class Survey(Identified, Model):
    """The questions of an event: `questions` is a list of {code, asks}; `code` is in its address.

    Once somebody has answered, questions are added and none taken away. `shown` is, by phase, how
    many sheets had come each time answers were stopped: results show no others, as whoever watches
    a figure move with one sheet would know what is on it.
    """

    __tablename__ = "survey"
    __table_args__ = (
        UniqueConstraint("engagement_id"),
        UniqueConstraint("code"),
        one_of("open_for", ("", *PHASES)),
        CheckConstraint("length(code) >= 8", name="code"),
    )

    engagement_id: Mapped[int] = pointing("engagement.id", index=False)
    code: Mapped[str] = short(12)
    questions: Mapped[list[Any]] = mapped_column(JSON, default=list)
    open_for: Mapped[str] = short(6, default="")
    shown: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)


class SurveyAnswer(Identified, Model):
    """One answer sheet: what was answered, in which phase, on which day. No time, no person, no
    address; `pair` is a hash of words that only whoever answered has, to tell before from after.
    """

    __tablename__ = "survey_answer"
    __table_args__ = (
        UniqueConstraint("survey_id", "phase", "pair"),
        one_of("phase", PHASES),
    )

    uid: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid.uuid4, sort_order=-9)
    survey_id: Mapped[int] = pointing("survey.id", index=False)
    phase: Mapped[str] = short(6)
    given: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pair: Mapped[str | None] = short(64)
    day: Mapped[date]

"""What a data officer says about how long things are kept."""

import enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Day, Line

LONGEST_REASON = 500


class RetentionAction(enum.StrEnum):
    """What becomes of something that has been kept long enough."""

    ANONYMISE = "anonymise"
    DELETE = "delete"
    ARCHIVE = "archive"


class RuleChange(BaseModel):
    """Another period or action for a sort of thing, which has bounds of its own beside these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    months: int = Field(ge=1, le=240)
    action: RetentionAction
    is_active: bool = False


class Approval(BaseModel):
    """That what a plan lists may go, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Annotated[str, Line(LONGEST_REASON, 1)]


class KeepLonger(BaseModel):
    """That one thing is kept although it is due: why, and when it is looked at again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    because: Annotated[str, Line(LONGEST_REASON, 1)]
    until: Day

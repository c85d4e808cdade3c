"""What can be asked of the account that is kept."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Day, Line
from assetmap.vocabulary import AuditAction

MOST_ON_A_PAGE = 200


class AuditSearch(BaseModel):
    """Which rows of the audit. Everything given must match; the latest come first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: Annotated[str, Line(40)] = Field("", description="reference or uid of a record")
    person: uuid.UUID | None = Field(None, description="uid of whoever did it")
    action: AuditAction | None = None
    since: Day | None = Field(None, description="first day")
    until: Day | None = Field(None, description="last day")
    cursor: int | None = Field(None, ge=1, le=2**53, description="before this row")
    limit: int = Field(50, ge=1, le=MOST_ON_A_PAGE)

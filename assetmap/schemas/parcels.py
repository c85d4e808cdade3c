"""Files that are made whole before they are fetched: what was asked for, and how they stand."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.search import EntrySearch

State = Literal["waiting", "making", "stopped", "failed", "ready"]


class ParcelAsked(BaseModel):
    """Who asked for what, kept beside the file while it is made.

    by: a person's key, None for somebody who has not signed in. team_id, without: what they had
    less than their person has. rights: what tells what they may see. filters: names of what they
    asked by, for the account. root: where people reach the service.
    """

    model_config = ConfigDict(frozen=True)

    by: int | None
    team_id: int | None
    without: tuple[str, ...]
    rights: str
    search: EntrySearch
    level: str
    purpose: str
    filters: tuple[str, ...]
    name: str
    root: str
    count: int
    at: datetime

    @property
    def what(self) -> tuple[object, ...]:
        """What makes another asking the same."""
        return self.by, self.rights, self.search, self.purpose


class ParcelGiven(BaseModel):
    """How a file stands that is made whole before it is fetched."""

    uid: uuid.UUID
    state: State = Field(description="`stopped`: POST `/files/{uid}/again` of its page goes on")
    done: int = Field(description="entries that it holds so far")
    total: int = Field(description="entries that were found when it was asked for")
    problem: str = Field(description="why it could not be made")
    href: str | None = Field(description="where the file is, once it is ready")
    kept_until: datetime | None = Field(description="when it is let go of")

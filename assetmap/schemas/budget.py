"""What an event costs, and the papers that must hold on the day."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.entries import MOST_PENCE
from assetmap.schemas.text import Day, Line, Name, OneOf

COSTS = (
    *("venue", "catering", "vouchers", "travel", "interpreting", "childcare", "materials"),
    *("staff", "other"),
)
PAPERS = ("insurance", "risk_assessment", "safeguarding", "permission", "other")
MOST_GIVEN = 100_000


class CostDraft(BaseModel):
    """A line of the budget: what it may cost and what it did cost, in pence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Annotated[str, OneOf(COSTS)] = "other"
    what: Annotated[str, Name(120)] = Field(..., description="such as tea and cake for sixty")
    planned_pence: int = Field(0, ge=0, le=MOST_PENCE)
    spent_pence: int | None = Field(None, ge=0, le=MOST_PENCE, description="empty: not yet")
    given: int | None = Field(
        None, ge=0, le=MOST_GIVEN, description="of vouchers, how many were given; never to whom"
    )

    @model_validator(mode="after")
    def _only_vouchers_are_given(self) -> "CostDraft":
        if self.given is not None and self.kind != "vouchers":
            raise ValueError("given: Only vouchers are counted. Leave it empty for anything else.")
        return self


class PaperDraft(BaseModel):
    """A paper that must hold on the day: the insurance, the risk assessment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Annotated[str, OneOf(PAPERS)] = "insurance"
    what: Annotated[str, Name(120)] = Field(..., description="whose it is and its number")
    kept_at: Annotated[str, Line(200)] = Field("", description="where it is found")
    owner: Annotated[str, Line(80)] = Field("", description="who sees to it, by role")
    last_on: Day | None = Field(None, description="the last day it holds; empty: it does not end")

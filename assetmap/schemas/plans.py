"""What has been settled about a point of an event's plan."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.text import Day, Line, OneOf, Prose

PLAN_STATES = ("todo", "done", "not_applicable", "waived")
POINTS = 25


class PlanDraft(BaseModel):
    """How far a point of the plan is, who sees to it and by when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Annotated[str, OneOf(PLAN_STATES)] = "todo"
    note: Annotated[str, Prose(1000)] = Field(
        "", description="what was done, or why it does not apply or is let go"
    )
    owner: Annotated[str, Line(80)] = Field("", description="who sees to it, by role")
    due_on: Day | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> "PlanDraft":
        if self.status == "done" and not self.note:
            raise ValueError("note: Say how, or where it can be seen. A tick alone shows nothing.")
        if self.status in ("not_applicable", "waived") and not self.note:
            raise ValueError("note: Give the reason.")
        return self

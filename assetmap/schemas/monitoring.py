"""What somebody says of themselves at the end of an event, as far as they like."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from assetmap.schemas.text import Line


class SheetDraft(BaseModel):
    """An answer for each question that is answered, by its code; what one prefers not to say is
    left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    said: dict[Annotated[str, Line(20, 1)], Annotated[str, Line(20, 1)]] = Field(..., max_length=20)

    @field_validator("said")
    @classmethod
    def _something(cls, given: dict[str, str]) -> dict[str, str]:
        if not given:
            raise ValueError("Answer at least one question, or close this page.")
        return given

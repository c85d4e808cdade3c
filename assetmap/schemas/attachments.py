"""What people say about a photo."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from assetmap.schemas.text import Line, Prose


class PhotoDetails(BaseModel):
    """Who may see it, and what it shows for those who cannot."""

    model_config = ConfigDict(extra="forbid")

    alt_text: Annotated[str, Line(300)] = ""
    caption: Annotated[str, Line(300)] = ""
    consent_scope: Literal["internal", "partners", "public"] = "internal"

    @model_validator(mode="after")
    def _public_needs_words(self) -> "PhotoDetails":
        if self.consent_scope == "public" and not self.alt_text:
            raise ValueError("alt_text: Say what the photo shows before everybody may see it.")
        return self


class Transcript(BaseModel):
    """What a voice note says, for those who cannot hear it."""

    model_config = ConfigDict(extra="forbid")

    transcript: Annotated[str, Prose(4000)] = ""

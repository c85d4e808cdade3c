"""What is written down of a request about somebody's own details, and of what was decided."""

import enum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from assetmap.schemas.text import Day, EmailAddress, Line, PhoneNumber, Prose

LONGEST_HIDING = 2000


class RequestKind(enum.StrEnum):
    """What people ask about their own details."""

    ACCESS = "access"
    ERASURE = "erasure"
    RECTIFICATION = "rectification"
    OBJECTION = "objection"
    RESTRICTION = "restriction"
    COMPLAINT = "complaint"


class RequestStatus(enum.StrEnum):
    """How far the answer to such a request is."""

    RECEIVED = "received"
    IDENTITY_CHECK = "identity_check"
    SEARCHING = "searching"
    REVIEW = "review"
    SENT = "sent"
    CLOSED = "closed"


class NewRequest(BaseModel):
    """Who asks for what, when and how it came."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: RequestKind
    name: Annotated[str, Line(120, 2)]
    email: EmailAddress = ""
    phone: PhoneNumber = ""
    words: Annotated[str, Prose(2000)] = ""
    came_by: Literal["email", "letter", "phone", "in_person", "form"] = "email"
    received_on: Day


class OwnRequest(BaseModel):
    """What somebody asks for themselves, on a page that is open to everybody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: RequestKind
    name: Annotated[str, Line(120, 2)]
    email: EmailAddress = ""
    phone: PhoneNumber = ""
    words: Annotated[str, Prose(2000)] = ""


class IdentityChecked(BaseModel):
    """How we know that it is them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    how: Annotated[str, Line(300, 1)]


class Pausing(BaseModel):
    """What we wait for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    waiting_for: Literal["identity", "clarification"]


class Extending(BaseModel):
    """Why it takes up to two months longer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    why: Annotated[str, Line(500, 1)]


class Closing(BaseModel):
    """What came of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Annotated[str, Line(1000, 1)]


class HitDecision(BaseModel):
    """Whether something found is about whoever asks, and which words in it are about others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["include", "leave_out"]
    hide: Annotated[str, Prose(LONGEST_HIDING)] = ""  # words to black out, one on each line
    why: Annotated[str, Line(300)] = ""

    @model_validator(mode="after")
    def says_why(self) -> "HitDecision":
        """What is left out needs a reason."""
        if self.decision == "leave_out" and not self.why:
            raise ValueError("Say why it is left out.")
        return self

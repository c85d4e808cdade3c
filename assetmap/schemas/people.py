"""What is given to add somebody, to ask for a sign-in link, or for a token."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assetmap.schemas.text import Code, EmailAddress, Line, OneOf, Some
from assetmap.vocabulary import PARTNER_KINDS, Role, TokenScope

LONGEST_TOKEN_DAYS = 365


def given(address: str) -> str:
    """An address must be there."""
    if not address:
        raise ValueError("Give an e-mail address such as name@example.org.")
    return address


Address = Annotated[EmailAddress, AfterValidator(given)]


class NewPerson(BaseModel):
    """Somebody who may sign in, and what they may do in one team."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Address
    team: Annotated[str, Line(80, 1)]
    role: Role
    name: Annotated[str, Line(80)] = ""
    partner: Annotated[str, Line(120)] = ""  # the body the team belongs to, if any


class HeldRole(BaseModel):
    """A role in a team; without a role, all that somebody has there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: Annotated[str, Line(80, 1)]
    role: Role | None = None


class RoleLimits(BaseModel):
    """Where a role that somebody holds is to hold: none named means everywhere, for everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: Annotated[str, Line(80, 1)]
    role: Role
    areas: Annotated[list[Code], Some(200)] = Field(default_factory=list)  # "type:code" of each
    categories: Annotated[list[Code], Some(200)] = Field(default_factory=list)  # codes


class PeopleFilter(BaseModel):
    """Which people to list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Line(100)] = ""
    only: Annotated[str, Line(80)] = ""  # name of a team


class Confirmed(BaseModel):
    """Somebody ticked that they mean it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confirmed: Annotated[str, Line(3, 3)]


class AsksApproval(BaseModel):
    """Whether a team has its invitations approved before they go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asks: bool


class NewPartner(BaseModel):
    """A body that works with others through the register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Line(120, 1)]
    kind: Annotated[str, OneOf(PARTNER_KINDS)]


class NewTeam(BaseModel):
    """A team, and the body it belongs to; none: the one that keeps the register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Line(80, 1)]
    partner: Annotated[str, Line(120)] = ""


class NewToken(BaseModel):
    """A token for the JSON door: what for, what it may do, in which team and for how long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Line(80)] = ""
    scope: TokenScope = TokenScope.WRITE
    team: Annotated[str, Line(80)] = ""
    days: int = Field(LONGEST_TOKEN_DAYS, ge=1, le=LONGEST_TOKEN_DAYS)


class LinkRequest(BaseModel):
    """Who wants to sign in."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    email: Address

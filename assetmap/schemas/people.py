"""What is given to add somebody, or to ask for a sign-in link."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from assetmap.schemas.text import EmailAddress, Line
from assetmap.vocabulary import Role


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


class LinkRequest(BaseModel):
    """Who wants to sign in."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    email: Address

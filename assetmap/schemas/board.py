"""What somebody at a desk asks of the board of a walkabout, and does to what was logged on it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assetmap.schemas.text import Line, OneOf, Prose
from assetmap.vocabulary import Kind

LOGGED = (Kind.ASSET, Kind.GROUP, Kind.OFFER, Kind.FINDING, Kind.ENGAGEMENT)
NEEDS = ("suggestion", "likely", "words", "place", "category", "triage")
SORTS = ("logged", "newest", "kind", "category", "title", "status", "needs")
ACTS = ("classify", "publish", "state", "merge", "about", "withdraw")
MOST_PAGES = 5


class BoardFilter(BaseModel):
    """Which rows to show, in what order. undo: what was done last, as `rows` of the form has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind | None = None
    category: Annotated[str, Line(40)] = ""
    status: Annotated[str, Line(20)] = ""
    needs: Annotated[str, OneOf(("any", *NEEDS))] | None = None
    sort: Annotated[str, OneOf(SORTS)] = "logged"
    page: int = Field(1, ge=1, le=MOST_PAGES)
    undo: Annotated[str, Line(3000)] = ""


class BoardAct(BaseModel):
    """What is done to the rows that are ticked; `row` holds each one's key and version: 12.3."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    do: Literal["classify", "publish", "state", "merge", "about", "withdraw"]
    row: list[Annotated[str, Line(30)]] = Field(default_factory=list, max_length=100)
    to_category: Annotated[str, Line(60)] = ""  # scheme:code
    visibility: Annotated[str, Line(12)] = ""
    anyway: bool = False  # publish more openly than the category says
    to_status: Annotated[str, Line(40)] = ""  # kind:state
    keep: Annotated[str, Line(20)] = ""  # key of the one that others are merged into
    hotspot: Annotated[str, Line(40)] = ""  # uid
    why: Annotated[str, Prose(500)] = ""

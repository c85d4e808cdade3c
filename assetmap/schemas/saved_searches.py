"""Searches under a name, as forms and programs say them."""

import json
import uuid
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assetmap.schemas.search import Filters
from assetmap.schemas.text import Name

LONGEST_KEPT = 6_000  # characters of an address that browsers and servers take anywhere
NOTHING = "Search for something first: words, a place, a kind or a category."


class SavedSearchDraft(BaseModel):
    """A search to keep. team: whom it is shared with; none: it is the person's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Name(80)]
    team: uuid.UUID | None = Field(
        None, description="uid of a team of yours to share it with; without it, it is your own"
    )
    criteria: Filters = Field(description="what to look for, as /api/entries takes it")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not kept(self.criteria).keys() - {"sort"}:
            raise ValueError(f"criteria: {NOTHING}")
        if len(query_of(self.criteria)) > LONGEST_KEPT:
            raise ValueError("criteria: This search is too long to keep. Draw a simpler shape.")
        return self


class NewsDraft(BaseModel):
    """How often to be told by e-mail what is new."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: Literal["daily", "weekly", "never"]


def kept(criteria: Filters) -> dict[str, Any]:
    """What is kept of a search: what it asks for, and nothing that it does not."""
    return criteria.model_dump(
        mode="json", include=set(Filters.model_fields), exclude_defaults=True
    )


def query_of(criteria: Filters) -> str:
    """The search as the query string of the search page and of /api/entries."""
    pairs = [(name, one) for name, held in kept(criteria).items() for one in _said(name, held)]
    return urlencode(pairs, safe=",:")


def _said(name: str, held: Any) -> list[str]:
    if name in ("near", "covers", "bbox"):
        return [",".join(f"{number:.6f}".rstrip("0").rstrip(".") for number in held)]
    if isinstance(held, list):
        return [str(one) for one in held]
    if isinstance(held, dict):
        return [json.dumps(held, separators=(",", ":"), sort_keys=True)]
    if isinstance(held, bool):
        return [str(held).lower()]
    return [f"{held:g}" if isinstance(held, float) else str(held)]

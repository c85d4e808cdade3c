"""Who is missing from an invite list, for programs."""

import uuid
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply
from assetmap.db import db
from assetmap.register import invite_lists, invite_missing, invite_missing_words
from assetmap.register.bridging import Suggestion
from assetmap.register.invite_missing import Dimension, Left
from assetmap.schemas.features import Given
from assetmap.schemas.invite_missing import Compared

bp = Blueprint("api_invite_missing", __name__, url_prefix="/api/invite-lists/<uuid:uid>")


class SectionGiven(Given):
    """One section of those who live there, and of the list. Null: not shown."""

    code: str
    label: str
    people: float = Field(ge=0, description="who live there, of those who answered")
    share: float = Field(ge=0, le=1, description="of all who live there")
    counted: int | None = Field(description="on the list through a group for them")
    ratio: float | None
    gap: float | None
    short: float | None


class ChanceGiven(Given):
    """What the index would be, in parts of 1, of as many drawn by lot."""

    expected: float
    low: float = Field(description="one in twenty draws is lower")
    high: float = Field(description="one in twenty draws is higher")
    is_beyond: bool


class ComparedGiven(Given):
    """One dimension."""

    code: str
    label: str
    year: str
    area_type: str
    area_vintage: str
    how: str = Field(description="published, whole or parts: how the figures were put together")
    areas: int = Field(ge=0)
    ground_covered: float = Field(ge=0, le=1)
    source: str
    sections: list[SectionGiven]
    counted: int | None
    covered: float | None = Field(description="part of the list whose groups say something of it")
    why_not: str = Field(description="why it is not compared; empty: it is")
    index: int | None = Field(description="100: like the place; in steps of 5 where is_rough")
    is_rough: bool
    chance: ChanceGiven | None
    diversity: float | None
    words: str


class SuggestionGiven(Given):
    """A group that reaches a section."""

    group: uuid.UUID
    title: str
    where: str = Field(description="on_list, there or near")
    linked: list[str]
    together: list[str]
    is_bridge: bool
    words: str


class LeftGiven(Given):
    """A section that is missing."""

    dimension: str
    code: str
    label: str
    rule: str = Field(description="nobody or too_few")
    share: float
    wanted: float = Field(description="how many would match its share")
    words: str
    suggestions: list[SuggestionGiven]


class MissingGiven(Given):
    """How a list compares with those who live there, and who is missing from it."""

    on_list: int = Field(ge=0)
    groups: int = Field(ge=0)
    places: list[str]
    missing: list[LeftGiven]
    dimensions: list[ComparedGiven]
    silent: list[str] = Field(description="words of its groups that say nothing of a section")
    notes: list[str]
    too_many: int = Field(ge=0)


@bp.get("/missing")
@Operation(gives=MissingGiven, query=Compared, refuses=(404,))
def show(uid: uuid.UUID, query: Compared) -> Reply:
    """Compare what groups a list reaches people through with those who live in its place.

    Counts of people below five, and those that would give one away, are null.
    """
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    found = invite_missing.of(db.session, made, query, viewer=g.viewer)
    return Reply(
        {
            "on_list": found.on_list,
            "groups": found.groups,
            "places": list(found.places),
            "missing": [_left(one, found.on_list) for one in found.left],
            "dimensions": [_dimension(one) for one in found.dimensions],
            "silent": list(found.silent),
            "notes": list(found.notes),
            "too_many": found.too_many,
        }
    )


def _dimension(one: Dimension) -> dict[str, Any]:
    profile, chance = one.population.profile, one.chance
    return {
        "code": one.code,
        "label": one.label,
        "year": profile.year,
        "area_type": profile.area_type,
        "area_vintage": profile.area_vintage,
        "how": one.population.how,
        "areas": one.population.areas,
        "ground_covered": one.population.covered,
        "source": profile.source,
        "sections": [
            {
                "code": line.kind.code,
                "label": line.kind.label,
                "people": line.people,
                "share": line.share,
                "counted": line.counted,
                "ratio": line.ratio,
                "gap": line.gap,
                "short": line.short,
            }
            for line in one.lines
        ],
        "counted": one.counted,
        "covered": one.covered,
        "why_not": one.why_not,
        "index": one.index,
        "is_rough": one.is_rough,
        "chance": chance
        and {
            "expected": 1 - chance.expected,
            "low": 1 - chance.high,
            "high": 1 - chance.low,
            "is_beyond": chance.is_beyond,
        },
        "diversity": one.diversity,
        "words": invite_missing_words.verdict(one),
    }


def _left(one: Left, on_list: int) -> dict[str, Any]:
    return {
        "dimension": one.kind.dimension,
        "code": one.kind.code,
        "label": one.kind.label,
        "rule": one.rule,
        "share": one.share,
        "wanted": one.wanted,
        "words": invite_missing_words.left(one, on_list),
        "suggestions": [_suggestion(group) for group in one.suggestions],
    }


def _suggestion(one: Suggestion) -> dict[str, Any]:
    return {
        "group": one.group.uid,
        "title": one.group.title,
        "where": one.where,
        "linked": list(one.linked),
        "together": list(one.together),
        "is_bridge": one.is_bridge,
        "words": invite_missing_words.why(one),
    }

"""Invite lists for programs: what they are made of, who is on them and why, who was asked."""

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply, base_version, root
from assetmap.db import db
from assetmap.models import InviteList
from assetmap.register import asking, audit, invite_lists, invite_words, reach
from assetmap.register.invite_people import Built, Row
from assetmap.schemas.features import Given
from assetmap.schemas.invite_lists import AskedDraft, Criteria, InviteListDraft, InvitePage
from assetmap.schemas.reading import checked

bp = Blueprint("api_invite_lists", __name__, url_prefix="/api/invite-lists")
MOST_NAMED = 200


class InviteListGiven(Given):
    """What a list is made of."""

    uid: uuid.UUID
    version: int
    name: str
    team: str
    event: uuid.UUID | None = Field(description="uid of the event it is for")
    criteria: Criteria
    updated_at: datetime


class InviteListsGiven(Given):
    """The lists you may read, those changed last first."""

    lists: list[InviteListGiven]


class BecauseGiven(Given):
    """Why a group is on the list."""

    rule: str = Field(description="at, serves, search, saved, collection, picked or wanted")
    place: str
    words: str


class ThroughGiven(Given):
    """A group by which somebody is on the list."""

    group: uuid.UUID
    title: str
    role: str = Field(description="what they are there")
    because: list[BecauseGiven]


class WayGiven(Given):
    """How somebody may be asked, and on what basis."""

    channel: str
    lawful_basis: str
    given_at: datetime
    expires_at: datetime | None


class CountsForGiven(Given):
    """A section of a population."""

    dimension: str
    code: str


class InvitedGiven(Given):
    """Somebody on a list. Their address is with the contact."""

    person: uuid.UUID
    called: str
    through: list[ThroughGiven]
    ways: list[WayGiven]
    counts_for: list[CountsForGiven] = Field(
        description="what their groups say whom they are for; a panel is drawn by it"
    )
    asked_at: datetime | None
    asked_by: str = Field(description="the channel; empty: not asked yet")
    invited_of_late: int = Field(ge=0, description="for anything, in the days that count")
    came_of_late: int = Field(ge=0, description="how often of that they were ticked off")


class LeftOutGiven(Given):
    """How many are left out by one rule, and whom of them you may know that of."""

    rule: str
    words: str
    count: int = Field(ge=1)
    people: list[uuid.UUID]


class SilentGiven(Given):
    """A group at which you know nobody."""

    group: uuid.UUID
    title: str


class BuiltGiven(InviteListGiven):
    """A list with whom it comes to now, as far as you may know the groups and the people."""

    number_matched: int = Field(ge=0, description="how many may be asked")
    people: list[InvitedGiven]
    asked: list[InvitedGiven]
    left_out: list[LeftOutGiven]
    silent: list[SilentGiven]
    groups: int = Field(ge=0)
    too_many: int = Field(ge=0, description="groups there would be, where a list holds fewer")
    notes: list[str]


@bp.get("")
@Operation(gives=InviteListsGiven)
def lists() -> Reply:
    """List the invite lists of your teams."""
    found = invite_lists.every(db.session, viewer=g.viewer)
    return Reply({"lists": [_list(one) for one in found]})


@bp.get("/<uuid:uid>")
@Operation(gives=BuiltGiven, query=InvitePage, refuses=(404,))
def one(uid: uuid.UUID, query: InvitePage) -> Reply:
    """Read whom a list comes to now, why and on what basis, and how many each rule leaves out."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    built = invite_lists.build(db.session, made, viewer=g.viewer)
    rows = built.rows[query.first - 1 : query.first - 1 + query.limit]
    body = _list(made) | _built(built, rows)
    named = [row for part in built.left_out for row in part.named[:MOST_NAMED]]
    invite_lists.note_read(db.session, made, [*rows, *built.asked, *named], viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body)


@bp.put("/<uuid:uid>")
@Operation(
    gives=InviteListGiven,
    also={201: "Built"},
    sends=InviteListDraft,
    headers=("If-Match",),
    refuses=(403, 404, 409, 412),
)
def put(uid: uuid.UUID, body: Any) -> Reply:
    """Build a list under the uid you chose for it, or make it of something else.

    To change, say in If-Match which version you changed. The same sent again changes nothing.
    """
    draft = checked(InviteListDraft, body)
    done = invite_lists.put(db.session, uid, draft, viewer=g.viewer, base_version=base_version())
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    answer, version = _list(made), str(made.version)
    db.session.commit()
    headers = {"Location": f"{root()}/api/invite-lists/{uid}"} if done.is_new else {}
    return Reply(answer, 201 if done.is_new else 200, etag=version, headers=headers)


@bp.post("/<uuid:uid>/asked")
@Operation(gives=InviteListGiven, body=AskedDraft, refuses=(403, 404))
def keep_asked(uid: uuid.UUID, body: AskedDraft) -> Reply:
    """Keep that people on a list were asked just now. The same sent again adds nothing."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    asking.ask(db.session, made, body, viewer=g.viewer)
    answer = _list(made)
    db.session.commit()
    return Reply(answer)


def _list(made: InviteList) -> dict[str, Any]:
    return {
        "uid": made.uid,
        "version": made.version,
        "name": made.name,
        "team": made.team.name,
        "event": made.engagement.uid if made.engagement else None,
        "criteria": invite_lists.criteria_of(made).model_dump(mode="json"),
        "updated_at": made.updated_at,
    }


def _built(built: Built, rows: Any) -> dict[str, Any]:
    return {
        "number_matched": len(built.rows),
        "people": [_invited(row) for row in rows],
        "asked": [_invited(row) for row in built.asked],
        "left_out": [
            {
                "rule": part.rule,
                "words": invite_words.left_out(db.session, part.rule),
                "count": part.count,
                "people": [row.person.uid for row in part.named[:MOST_NAMED]],
            }
            for part in built.left_out
        ],
        "silent": [{"group": group.uid, "title": group.title} for group in built.silent],
        "groups": len(built.groups),
        "too_many": built.too_many,
        "notes": list(built.notes),
    }


def _invited(row: Row) -> dict[str, Any]:
    return {
        "person": row.person.uid,
        "called": row.person.called,
        "through": [
            {
                "group": way.group.uid,
                "title": way.group.title,
                "role": way.title,
                "because": [
                    {"rule": why.rule, "place": why.place, "words": invite_words.because(why)}
                    for why in way.group.reasons
                ],
            }
            for way in row.through
        ],
        "ways": [
            {
                "channel": channel.value,
                "lawful_basis": given.lawful_basis,
                "given_at": given.given_at,
                "expires_at": given.expires_at,
            }
            for channel, given in row.ways.items()
        ],
        "counts_for": [
            {"dimension": dimension, "code": code}
            for dimension, code in sorted(
                reach.of(tag for way in row.through for tag in way.group.reach)
            )
        ],
        "asked_at": row.asked.asked_at if row.asked else None,
        "asked_by": row.asked.channel if row.asked else "",
        "invited_of_late": row.times,
        "came_of_late": row.came,
    }

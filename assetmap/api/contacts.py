"""The people a team knows, for programs. Whatever is read here is on the audit like on a page."""

import uuid
from datetime import date
from typing import Any

from flask import Blueprint, g
from pydantic import Field

from assetmap.api.contract import Operation, Reply, base_version, page_links, root
from assetmap.db import db
from assetmap.errors import Invalid
from assetmap.register import audit, person_reading, person_sending
from assetmap.register.person_reading import Known
from assetmap.schemas.features import Given, WebLink
from assetmap.schemas.persons import ContactBrowse, PersonSearch, PersonSent
from assetmap.schemas.reading import checked

bp = Blueprint("api_contacts", __name__, url_prefix="/api")

READ_ONLY = frozenset({"uid", "version", "team_name", "roles", "agreed_to", "do_not_contact"})


class RoleGiven(Given):
    """What somebody is at a group or place."""

    entry: str = Field(description="reference")
    title: str
    from_on: date | None
    to_on: date | None = Field(description="last day; none: they still are")
    is_public: bool


class AgreedGiven(Given):
    """What somebody may be contacted for, as far as what they agreed to goes."""

    purpose: str
    channel: str


class ContactGiven(Given):
    """Somebody a team may reach. Notes, home area and agreements are their own team's."""

    uid: uuid.UUID
    version: int
    team: uuid.UUID
    team_name: str
    name: str
    display_name: str
    email: str
    phone: str
    language: str
    preferred_channel: str
    home_area_code: str
    is_adult: bool
    no_role_reason: str
    notes: str
    last_contacted_on: date | None
    got_from: str = Field(
        description="self, other, published; empty: nobody has said, or a partner"
    )
    told_on: date | None
    do_not_contact: bool = Field(description="true: beats whatever they agreed to")
    roles: list[RoleGiven]
    agreed_to: list[AgreedGiven]


class ContactsGiven(Given):
    """A page of people."""

    contacts: list[ContactGiven]
    total: int = Field(ge=0)
    links: list[WebLink]


@bp.get("/contacts")
@Operation(gives=ContactsGiven, query=ContactBrowse)
def contact_list(query: ContactBrowse) -> Reply:
    """List the people you may know of. Names are not looked for here: addresses are logged."""
    wanted = PersonSearch.model_validate(query.model_dump())
    found = person_reading.every(db.session, wanted, viewer=g.viewer)
    body = {
        "contacts": [_given(known) for known in found.people],
        "total": found.total,
        "links": page_links(found.next_cursor or None, "application/json"),
    }
    audit.before_it_leaves(db.session)
    db.session.commit()
    return Reply(body)


@bp.get("/contacts/<uuid:uid>")
@Operation(
    gives=ContactGiven,
    also={308: "Merged: look there instead"},
    refuses=(404,),
)
def contact(uid: uuid.UUID) -> Reply:
    """Read one person. Their version is the ETag."""
    reply = _whole(uid)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return reply


@bp.put("/contacts/<uuid:uid>")
@Operation(
    gives=ContactGiven,
    also={201: "Added"},
    sends=PersonSent,
    headers=("If-Match",),
    refuses=(403, 404, 409, 412, 428),
)
def put_contact(uid: uuid.UUID, body: Any) -> Reply:
    """Add somebody under the uid you chose for them, or change them.

    To add, give a role or why they have none. To change, say in If-Match which version you
    changed. What reading gives besides is ignored; agreements and roles are changed on the pages.
    """
    if not isinstance(body, dict):
        raise Invalid.field("body", "Send an object.")
    sent = checked(PersonSent, {name: body[name] for name in body if name not in READ_ONLY})
    is_new = person_sending.put(db.session, uid, sent, viewer=g.viewer, base_version=base_version())
    reply = _whole(uid, 201 if is_new else 200)
    db.session.commit()
    return reply


def _whole(uid: uuid.UUID, status: int = 200) -> Reply:
    known = person_reading.find(db.session, uid, viewer=g.viewer)
    where = {"Location": f"{root()}/api/contacts/{known.person.uid}"}
    if known.person.uid != uid:
        return Reply(status=308, headers=where)
    headers = where if status == 201 else {}
    return Reply(_given(known), status, etag=str(known.person.version), headers=headers)


def _given(known: Known) -> dict[str, Any]:
    person = known.person
    plain = ("name", "display_name", "email", "phone", "language", "preferred_channel")
    return {
        **{name: getattr(person, name) for name in plain},
        "uid": person.uid,
        "version": person.version,
        "team": person.team.uid,
        "team_name": person.team.name,
        "home_area_code": known.home_area_code,
        "is_adult": person.is_adult,
        "no_role_reason": person.no_role_reason if known.of_team else "",
        "notes": known.notes,
        "got_from": person.got_from if known.of_team else "",
        "told_on": person.told_on if known.of_team else None,
        "last_contacted_on": person.last_contacted_on,
        "do_not_contact": person.do_not_contact,
        "roles": [
            {
                "entry": held.entry.ref,
                "title": held.role.title,
                "from_on": held.role.from_on,
                "to_on": held.role.to_on,
                "is_public": held.role.is_public,
            }
            for held in known.roles
        ],
        "agreed_to": [
            {"purpose": purpose.value, "channel": channel.value}
            for purpose, channels in known.agreed.items()
            for channel in channels
        ],
    }

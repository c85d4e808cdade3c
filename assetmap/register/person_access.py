"""Who may see and change the people a team knows: SQL criteria on `person`, and nothing else.

Members of the owning team see them, whatever their role but analyst; a role that is limited to
areas or categories shows those with a role at an entry inside. Partners see them only where a
running agreement opens contact details of an entry at which they have a role, and only while a
record that they agreed to sharing is current. Everybody else sees nobody, and no counts.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal, null, or_, select, true
from sqlalchemy import false as nobody
from sqlalchemy.orm import aliased

from assetmap import access
from assetmap.access import KEEPERS, READS_CONTACTS, WRITERS, Grant, Viewer
from assetmap.db import local_day, now
from assetmap.errors import NotAllowed
from assetmap.models import Consent, Entry, Person, PersonRole, Team
from assetmap.models.person import FROM_OTHERS
from assetmap.register.months import start_of
from assetmap.viewers import Called
from assetmap.vocabulary import ContactChannel, ContactPurpose, Role, SharedField, Visibility

ADDERS = WRITERS | {Role.DATA_OFFICER}
CHANGERS = frozenset({Role.EDITOR, Role.ORGANISER, Role.DATA_OFFICER})
OFFICERS = frozenset({Role.DATA_OFFICER})
_BY_PHONE = (ContactChannel.PHONE.value, ContactChannel.SMS.value)
_LOGGERS = frozenset({Role.LOGGER})
_WITH_PARTNERS = (Visibility.PUBLIC.value, Visibility.PARTNER.value)
_GIVEN = aliased(Consent)


def visible_people(viewer: Viewer) -> ColumnElement[bool]:
    """The people this viewer may know of. Those taken out, merged or erased are not among them;
    nor, but for data officers, are those who asked that their details be left alone."""
    live = and_(
        Person.withdrawn_at.is_(None), Person.merged_into_id.is_(None), Person.erased_at.is_(None)
    )
    unrestricted = Person.restricted_at.is_(None)
    officers = Person.team_id.in_(viewer.teams_where(OFFICERS))
    either = true() if viewer.is_operator else or_(unrestricted, officers)
    return and_(live, either, may_see(viewer))


def may_see(viewer: Viewer) -> ColumnElement[bool]:
    """The same rule for rows that may also be gone, as requests about one's own details need."""
    if viewer.is_operator:
        return true()
    seen = or_(nobody(), *_of_teams(viewer, READS_CONTACTS), *_shared(viewer))
    return seen if viewer.behind is None else and_(seen, may_see(viewer.behind))


def changeable(viewer: Viewer) -> ColumnElement[bool]:
    """Of the people, those this viewer may change: editors, organisers and data officers those of
    their teams, whoever logs those they added themselves."""
    if viewer.is_operator:
        return true()
    if viewer.behind is not None or viewer.user_id is None:
        return nobody()
    own = Person.created_by_id == viewer.user_id
    return or_(
        nobody(),
        *_of_teams(viewer, CHANGERS),
        *(and_(own, way) for way in _of_teams(viewer, _LOGGERS)),
    )


def may_add(viewer: Viewer) -> bool:
    """Whether they may add people for one of their teams."""
    return viewer.is_operator or bool(viewer.teams_where(ADDERS))


def require_add_to(viewer: Viewer, team_id: int) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer may add people for the team."""
    access.require_sign_in(viewer)
    if not viewer.is_operator and team_id not in viewer.teams_where(ADDERS):
        raise NotAllowed("Your role does not let you add people for this team.")


def untold(before: date | None = None) -> ColumnElement[bool]:
    """People whose details came from others and who have not been told so. before: only those
    who were written down before that day."""
    theirs = and_(Person.got_from.in_(FROM_OTHERS), Person.told_on.is_(None))
    return theirs if before is None else and_(theirs, Person.created_at < start_of(before))


def own_teams(viewer: Viewer) -> list[Called]:
    """The teams whose people the viewer may know as one of them, by name."""
    found = [viewer.called[key] for key in viewer.teams_where(READS_CONTACTS)]
    return sorted(found, key=lambda team: team.name)


def may_know_anybody(viewer: Viewer) -> bool:
    """Whether there may be people to show them at all: they are in a team that keeps some, or an
    agreement opens contact details."""
    given = any(SharedField.CONTACT.value in grant.fields for grant in viewer.grants)
    return viewer.is_operator or given or bool(viewer.teams_where(READS_CONTACTS))


def may_read_notes(viewer: Viewer, person: Person) -> bool:
    """Whether they may read the notes: editors and data officers of the team."""
    return viewer.is_operator or bool(viewer.roles.get(person.team_id, frozenset()) & KEEPERS)


def is_officer(viewer: Viewer, person: Person) -> bool:
    """Whether they are a data officer of the team that keeps the person."""
    return viewer.is_operator or Role.DATA_OFFICER in viewer.roles.get(person.team_id, frozenset())


def is_of_team(viewer: Viewer, person: Person) -> bool:
    """Whether they know the person as one of the team does, not under an agreement."""
    held = viewer.roles.get(person.team_id, frozenset())
    return viewer.is_operator or bool(held & READS_CONTACTS)


def of_own_teams(viewer: Viewer) -> ColumnElement[bool]:
    """The same of rows: people whom the viewer knows as one of their team does."""
    if viewer.is_operator:
        return true()
    return Person.team_id.in_(viewer.teams_where(READS_CONTACTS))


def agreement_used(viewer: Viewer) -> ColumnElement[Any]:
    """The key of the agreement that alone shows a person to the viewer; none within the team."""
    if viewer.is_operator or not viewer.grants:
        return null()
    ways = [(way, literal(grant.agreement_id)) for grant, way in _granted(viewer)]
    if not ways:
        return null()
    within = [(way, null()) for way in _of_teams(viewer, READS_CONTACTS)]
    return case(*within, *ways, else_=null())


def opened_entries(viewer: Viewer) -> ColumnElement[bool]:
    """Entries at which a partner may know of somebody's role."""
    return or_(nobody(), *(_opens(grant) for grant in viewer.grants))


def shown_roles(viewer: Viewer) -> ColumnElement[bool]:
    """Of roles at entries, joined to their people, those that the viewer may know of."""
    if viewer.is_operator:
        return visible_people(viewer)
    ways = [*_of_teams(viewer, READS_CONTACTS), opened_entries(viewer)]
    return and_(visible_people(viewer), or_(nobody(), *ways))


def shown_to_everybody(viewer: Viewer, at: datetime) -> ColumnElement[bool]:
    """Of roles, joined to their people and entries, those that whoever may read the contact
    details of the entry may know of: the person agreed to that, and has not said stop."""
    return and_(
        PersonRole.is_public,
        Person.withdrawn_at.is_(None),
        Person.merged_into_id.is_(None),
        Person.erased_at.is_(None),
        Person.restricted_at.is_(None),
        Person.do_not_contact.is_(False),
        access.may_read(viewer, SharedField.CONTACT),
        agreed_to(ContactPurpose.SHARING, at),
    )


def agreed_to(purpose: ContactPurpose, at: datetime) -> ColumnElement[bool]:
    """People of whom a record for this purpose, by whichever channel, is current at an instant.

    A withdrawal ends what it refers to, and all that was given no later than it; so does one, or
    a stop, on another record with the same address, as it belongs to the address.
    """
    given = _GIVEN
    return exists().where(
        given.person_id == Person.id,
        given.purpose == purpose.value,
        given.withdraws_id.is_(None),
        given.given_at <= at,
        or_(given.expires_at.is_(None), given.expires_at > at),
        *_not_ended(purpose),
    )


@cache  # the same for everybody and at any instant, and it takes long to put together
def _not_ended(purpose: ContactPurpose) -> tuple[ColumnElement[bool], ...]:
    """That what was given, which is asked about around this, was neither withdrawn nor stopped."""
    given, ended = _GIVEN, aliased(Consent)
    withdrawn = exists().where(
        ended.person_id == given.person_id,
        ended.purpose == given.purpose,
        ended.channel == given.channel,
        ended.withdraws_id.is_not(None),
        or_(ended.withdraws_id == given.id, ended.given_at >= given.given_at),
    )
    return ~withdrawn, ~_stopped_elsewhere(given, purpose)


def _stopped_elsewhere(given: type[Consent], purpose: ContactPurpose) -> ColumnElement[bool]:
    """Whether somebody with the same address said stop: to everything, or to this no earlier than
    it was given, and has not agreed anew since. Who is shown to partners is shown by no channel;
    all else is stopped by the channel that it was agreed for."""
    other, ended, anew = aliased(Person), aliased(Consent), aliased(Consent)
    same_email = and_(Person.email != "", other.email == Person.email)
    same_phone = and_(Person.phone_digits != "", other.phone_digits == Person.phone_digits)
    by_channel = or_(
        and_(ended.channel == ContactChannel.EMAIL.value, same_email),
        and_(ended.channel.in_(_BY_PHONE), same_phone),
    )
    agreed_anew = exists().where(
        anew.person_id == ended.person_id,
        anew.purpose == ended.purpose,
        anew.channel == ended.channel,
        anew.withdraws_id.is_(None),
        anew.given_at > ended.given_at,
    )
    withdrew = exists().where(
        ended.person_id == other.id,
        ended.purpose == purpose.value,
        ended.withdraws_id.is_not(None),
        ended.given_at >= given.given_at,
        true()
        if purpose is ContactPurpose.SHARING
        else and_(ended.channel == given.channel, by_channel),
        ~agreed_anew,
    )
    stopped = exists().where(
        other.id != Person.id,
        or_(same_email, same_phone),
        or_(other.do_not_contact, withdrew.correlate(Person, other, given)),
    )
    return stopped.correlate(Person, given)  # else anybody's stop would be everybody's


def holds(at: datetime) -> ColumnElement[bool]:
    """Roles that are held on the day of an instant."""
    day = local_day(at)
    return and_(
        or_(PersonRole.from_on.is_(None), PersonRole.from_on <= day),
        or_(PersonRole.to_on.is_(None), PersonRole.to_on >= day),
    )


def _of_teams(viewer: Viewer, wanted: frozenset[Role]) -> Iterator[ColumnElement[bool]]:
    whole = []
    for team in viewer.teams_where(wanted):
        held = viewer.roles[team] & wanted
        if any((team, role) not in viewer.limits for role in held):
            whole.append(team)
            continue
        inside = select(PersonRole.person_id).join(Entry, Entry.id == PersonRole.entry_id)
        within = inside.where(Entry.team_id == team, access.held_by(viewer, wanted))
        yield and_(Person.team_id == team, Person.id.in_(within))
    if whole:
        yield Person.team_id.in_(whole)


def _shared(viewer: Viewer) -> Iterator[ColumnElement[bool]]:
    if viewer.roles and not viewer.teams_where(READS_CONTACTS):
        return
    for _, way in _granted(viewer):
        yield way


def _granted(viewer: Viewer) -> Iterator[tuple[Grant, ColumnElement[bool]]]:
    """Each agreement that opens contact details, with the people it shows."""
    at = now()
    held, agreed = holds(at), agreed_to(ContactPurpose.SHARING, at)
    for grant in viewer.grants:
        if SharedField.CONTACT.value not in grant.fields:
            continue
        teams = select(Team.id).where(
            Team.partner_id.is_(None) if grant.giver is None else Team.partner_id == grant.giver
        )
        there = select(PersonRole.person_id).join(Entry, Entry.id == PersonRole.entry_id)
        yield (
            grant,
            and_(
                Person.team_id.in_(teams),
                Person.do_not_contact.is_(False),
                Person.id.in_(there.where(held, _opens(grant))),
                agreed,
            ),
        )


@access.once
def _opens(grant: Grant) -> ColumnElement[bool]:
    """Entries whose contact details an agreement opens."""
    if SharedField.CONTACT.value not in grant.fields:
        return nobody()
    return and_(
        Entry.withdrawn_at.is_(None),
        Entry.merged_into_id.is_(None),
        Entry.contact_visibility.in_(_WITH_PARTNERS),
        access.shared_by(grant),
    )

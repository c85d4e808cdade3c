"""Whoever is asking, and what roles, limits and agreements they ask with."""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Date, Row, Select, bindparam, select
from sqlalchemy.orm import Session

from assetmap.connections import STANDBY, RowsAsJson, is_one_of
from assetmap.db import local_day, now
from assetmap.errors import NotAllowed
from assetmap.models import Membership, Partner, SharingAgreement, Team, User
from assetmap.vocabulary import Role

POLICE = "police"  # of PARTNER_KINDS
WRITERS = frozenset({Role.LOGGER, Role.EDITOR, Role.ORGANISER})


@dataclass(frozen=True)
class Limit:
    """Where a role or an agreement holds: areas as "type:code", codes of categories; none: all."""

    areas: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """What a sharing agreement that runs today lets its receivers see. giver: a partner's key,
    None for the body that keeps the register."""

    agreement_id: int
    giver: int | None
    kinds: tuple[str, ...]
    limit: Limit
    fields: frozenset[str]


@dataclass(frozen=True)
class Narrowing:
    """What somebody has less than their person has: a token that acts in one team, a session in
    which roles of weight still wait for the second factor.

    holds: the condition that the token or the session is not over. Two that differ in it alone
    may see the same, so it makes no viewer another.
    """

    team_id: int | None = None
    without: frozenset[str] = frozenset()
    holds: Callable[[], ColumnElement[bool]] | None = field(default=None, compare=False)

    def lets(self, team_id: int, role: str) -> bool:
        """Whether a role in a team is left."""
        return self.team_id in (None, team_id) and role not in self.without


WHOLE = Narrowing()


class Called(NamedTuple):
    """A team's uid, by which pages know it, and its name."""

    uid: uuid.UUID
    name: str


@dataclass(frozen=True)
class Viewer:
    """Whoever is asking: a signed-in person, an API token, the command line or the public.

    bodies: keys of the partners the person's teams belong to, None for the body that keeps the
    register. limits: of a role in a team, where it does not hold everywhere. behind: who really
    asks, when somebody looks at the register as another would see it. receiving: those of their
    teams to which referrals may be open: the keeper's own, and those of the police. called: what
    their teams are called, so that no page asks for that alone.
    """

    name: str = "public"
    user_id: int | None = None
    roles: Mapping[int, frozenset[str]] = field(default_factory=dict)  # team id → roles in it
    is_operator: bool = False  # the command line on the server itself
    bodies: frozenset[int | None] = frozenset()
    grants: tuple[Grant, ...] = ()
    limits: Mapping[tuple[int, str], Limit] = field(default_factory=dict)
    behind: "Viewer | None" = None
    narrowing: Narrowing = WHOLE
    receiving: frozenset[int] = frozenset()
    called: Mapping[int, Called] = field(default_factory=dict, compare=False)

    def __hash__(self) -> int:
        """By what differs most between people; equal viewers have all fields equal."""
        return hash((self.user_id, self.is_operator, self.bodies, self.grants, self.behind))

    @property
    def is_signed_in(self) -> bool:
        """A known person, rather than a passer-by."""
        return self.user_id is not None or self.is_operator

    def teams_where(self, wanted: frozenset[Role] | None = None) -> tuple[int, ...]:
        """The teams in which this person has one of the roles, or any role, in a stable order."""
        return tuple(sorted(t for t, held in self.roles.items() if wanted is None or held & wanted))

    @property
    def may_log(self) -> bool:
        """May add entries for at least one team."""
        return self.is_operator or bool(self.teams_where(WRITERS))

    @property
    def is_admin(self) -> bool:
        """May change what everybody shares: the classification, areas, people."""
        return self.is_operator or bool(self.teams_where(frozenset({Role.ADMIN})))


PUBLIC = Viewer()
OPERATOR = Viewer(name="command line", is_operator=True)


def everywhere(viewer: Viewer) -> Viewer:
    """The same viewer without those roles and agreements that hold in some areas or categories
    alone. The rule of who may see what asks of it only for visibility, team and kind."""
    limited = _limited(viewer)
    return replace(
        viewer,
        roles={team: held - limited[team] for team, held in viewer.roles.items()},
        grants=tuple(grant for grant in viewer.grants if grant.limit == Limit()),
        limits={},
        behind=viewer.behind and everywhere(viewer.behind),
    )


def only_limited(viewer: Viewer) -> Viewer:
    """The same viewer with nothing but what `everywhere` leaves out."""
    grants = tuple(grant for grant in viewer.grants if grant.limit != Limit())
    return replace(viewer, roles=_limited(viewer), grants=grants, bodies=frozenset())


def _limited(viewer: Viewer) -> dict[int, frozenset[str]]:
    """By team, the roles that do not hold everywhere."""
    return {
        team: frozenset(role for role in held if (team, role) in viewer.limits)
        for team, held in viewer.roles.items()
    }


def viewer_of(session: Session, user_id: int, narrowing: Narrowing = WHOLE) -> Viewer:
    """The person as they are now; the public when they are gone or shut out, or when the token or
    the session that they came with is over."""
    query = select(User.id).where(User.id == user_id)
    if narrowing.holds is not None:
        query = query.where(narrowing.holds())
    return viewer_from(user_id, session.execute(with_roles(query)).all(), narrowing)


def with_roles(query: Select[Any]) -> Select[Any]:
    """A query that has `User` in it, with what `viewer_from` needs: a row for each role of
    somebody who is not shut out, with the agreements that run today of the body it is for."""
    return (
        query.add_columns(
            User.name,
            Membership.team_id,
            Membership.role,
            Membership.areas,
            Membership.categories,
            Team.partner_id,
            Team.uid.label("team_uid"),
            Team.name.label("team_name"),
            Partner.kind.label("body_kind"),
            _running_of_team().label("agreements"),
        )
        .outerjoin(Membership, Membership.user_id == User.id)
        .outerjoin(Team, Team.id == Membership.team_id)
        .outerjoin(Partner, Partner.id == Team.partner_id)
        .where(User.is_active)
    )


def viewer_from(user_id: int, rows: Sequence[Row[Any]], narrowing: Narrowing = WHOLE) -> Viewer:
    """Somebody as the rows of `with_roles` have them; the public when there are none."""
    if not rows:
        return PUBLIC
    name = rows[0].name
    rows = [one for one in rows if one.team_id and narrowing.lets(one.team_id, one.role)]
    held: dict[int, set[str]] = {}
    limits: dict[tuple[int, str], Limit] = {}
    for row in rows:
        held.setdefault(row.team_id, set()).add(row.role)
        if row.areas or row.categories:
            limits[row.team_id, row.role] = Limit(tuple(row.areas), tuple(row.categories))
    agreed = {one[0]: _Agreed(*one) for row in rows for one in row.agreements}
    return Viewer(
        name,
        user_id,
        {team: frozenset(roles) for team, roles in held.items()},
        bodies=frozenset(row.partner_id for row in rows),
        grants=tuple(grant_of(agreed[key]) for key in sorted(agreed)),
        limits=limits,
        narrowing=narrowing,
        receiving=frozenset(row.team_id for row in rows if row.body_kind in (None, POLICE)),
        called={row.team_id: Called(row.team_uid, row.team_name) for row in rows},
    )


def grants_to(session: Session, bodies: frozenset[int | None], on: date) -> tuple[Grant, ...]:
    """What the agreements that run on a day let the people of these partners see."""
    receivers = sorted(body for body in bodies if body is not None)
    if not receivers:
        return ()
    running = session.connection().execute(_running(), {"receivers": receivers, "day": on})
    return tuple(grant_of(one) for one in running)


class _Agreed(NamedTuple):
    """What of an agreement says what it opens."""

    id: int
    giver_id: int
    kinds: list[str]
    areas: list[str]
    categories: list[str]
    fields: list[str]


_OPENS = tuple(getattr(SharingAgreement, name) for name in _Agreed._fields)


@cache
def _running() -> Select[*tuple[Any, ...]]:
    """The agreements of `receivers` that run on a `day`."""
    received = is_one_of(SharingAgreement.receiver_id, "receivers", BigInteger)
    asked = select(*_OPENS).where(received, *_runs_on(bindparam("day")))
    return asked.order_by(SharingAgreement.id)


@cache
def _running_of_team() -> ColumnElement[list[list[Any]]]:
    """The agreements of a team's body that run today: asked with every request, so by the query
    that is asked anyhow, and put together once."""
    today = bindparam("today", type_=Date, callable_=lambda: local_day(now()))
    return (
        select(RowsAsJson(*_OPENS))
        .where(SharingAgreement.receiver_id == Team.partner_id, *_runs_on(today))
        .correlate(Team)
        .scalar_subquery()
    )


def _runs_on(day: ColumnElement[date]) -> tuple[ColumnElement[bool], ...]:
    return (
        SharingAgreement.starts_on <= day,
        SharingAgreement.ends_on >= day,
        SharingAgreement.signed_on.is_not(None),
        SharingAgreement.ended_at.is_(None),
    )


def grant_of(agreed: SharingAgreement | Row[Any] | _Agreed) -> Grant:
    """What an agreement opens while it runs."""
    return Grant(
        agreed.id,
        agreed.giver_id,
        tuple(agreed.kinds),
        Limit(tuple(agreed.areas), tuple(agreed.categories)),
        frozenset(agreed.fields),
    )


def alike(grants: Iterable[Grant]) -> dict[tuple[tuple[str, ...], Limit], list[Grant]]:
    """Agreements by what they speak of, whoever gives it: somebody with a hundred that differ in
    nothing else asks no longer a question than with one."""
    found: dict[tuple[tuple[str, ...], Limit], list[Grant]] = {}
    for grant in grants:
        found.setdefault((grant.kinds, grant.limit), []).append(grant)
    return found


def as_public(viewer: Viewer) -> Viewer:
    """The register as a passer-by sees it, of what the viewer sees."""
    return replace(PUBLIC, behind=viewer)


def as_partner(session: Session, partner: Partner, viewer: Viewer) -> Viewer:
    """The register as people of a partner see it, of what the viewer sees."""
    bodies = frozenset({partner.id})
    return Viewer(
        partner.name,
        viewer.user_id,
        bodies=bodies,
        grants=grants_to(session, bodies, local_day(now())),
        behind=viewer,
    )


def rights_of(viewer: Viewer) -> str:
    """What tells what somebody may see from what others may, and from what they may another day."""
    said = (
        sorted((team, sorted(held)) for team, held in viewer.roles.items()),
        sorted((at, limit.areas, limit.categories) for at, limit in viewer.limits.items()),
        sorted((repr(replace(g, fields=frozenset())), sorted(g.fields)) for g in viewer.grants),
        sorted(map(str, viewer.bodies)),
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()


def still_as(session: Session, viewer: Viewer) -> Viewer:
    """The viewer, who has been reading for a while. Raises NotAllowed when what they may see
    has changed since, or what they came with is over: a download that went on would hold what
    nobody may have any more."""
    asks = viewer.behind or viewer
    if asks.user_id is None:
        return viewer
    with _asked_of_the_primary(session):
        is_same = viewer_of(session, asks.user_id, asks.narrowing) == asks
    if not is_same:
        raise NotAllowed("What you may see has changed since you began. Start again.")
    return viewer


@contextmanager
def _asked_of_the_primary(session: Session) -> Iterator[None]:
    """Who somebody is does not come from a standby, whatever else the session reads there."""
    standby = session.info.pop(STANDBY, None)
    try:
        yield
    finally:
        if standby is not None:
            session.info[STANDBY] = standby

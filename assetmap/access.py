"""Who may see and do what: written once, as SQL for lists and as a check for one record."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from assetmap.errors import NotAllowed, SignInFirst
from assetmap.models import Entry, Membership, User
from assetmap.vocabulary import Role, Visibility

WRITERS = frozenset({Role.LOGGER, Role.EDITOR, Role.ORGANISER, Role.APPROVER, Role.ADMIN})
KEEPERS = frozenset({Role.EDITOR, Role.DATA_OFFICER, Role.ADMIN})


@dataclass(frozen=True)
class Viewer:
    """Whoever is asking: a signed-in person, an API token, the command line or the public."""

    name: str = "public"
    user_id: int | None = None
    roles: Mapping[int, frozenset[str]] = field(default_factory=dict)  # team id → roles in it
    is_operator: bool = False  # the command line on the server itself

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


def viewer_of(session: Session, user_id: int) -> Viewer:
    """The person as they are now; the public when they are gone or shut out."""
    rows = session.execute(
        select(User.name, Membership.team_id, Membership.role)
        .outerjoin(Membership, Membership.user_id == User.id)
        .where(User.id == user_id, User.is_active)
    ).all()
    if not rows:
        return PUBLIC
    held: dict[int, set[str]] = {}
    for _, team_id, role in rows:
        if team_id is not None:
            held.setdefault(team_id, set()).add(role)
    teams = {team: frozenset(roles) for team, roles in held.items()}
    return Viewer(rows[0].name, user_id, teams)


def visible_entries(viewer: Viewer) -> ColumnElement[bool]:
    """The rows of `entry` this viewer may see. Every query of entries starts here."""
    live = and_(Entry.withdrawn_at.is_(None), Entry.merged_into_id.is_(None))
    return and_(live, may_see(viewer))


def may_see(viewer: Viewer) -> ColumnElement[bool]:
    """The same rule for rows that may also be withdrawn or merged, as their history needs."""
    if viewer.is_operator:
        return true()
    shared = [Visibility.PUBLIC.value]
    if viewer.is_signed_in:
        shared.append(Visibility.PARTNER.value)
    ways: list[ColumnElement[bool]] = [Entry.visibility.in_(shared)]
    if teams := viewer.teams_where():
        ways.append(and_(Entry.team_id.in_(teams), Entry.visibility == Visibility.TEAM.value))
    if keepers := viewer.teams_where(KEEPERS):
        ways.append(
            and_(Entry.team_id.in_(keepers), Entry.visibility == Visibility.RESTRICTED.value)
        )
    return or_(*ways)


def tokens_of(visibility: str, team_id: int) -> list[str]:
    """What the text index holds of who may see an entry; see `visible_tokens`."""
    return [f"v:{visibility}", f"m:{team_id}"]


def visible_tokens(viewer: Viewer) -> tuple[str, ...]:
    """Tokens of which every visible entry has one. A help to the index, never the rule itself."""
    if viewer.is_operator:
        return ()
    shared = ("v:public", "v:partner") if viewer.is_signed_in else ("v:public",)
    return (*shared, *(f"m:{team}" for team in viewer.teams_where()))


def sees_exactly(viewer: Viewer, team_id: int) -> bool:
    """May see the exact place and the owner's notes of this team's entries."""
    return viewer.is_operator or team_id in viewer.roles


def may_change(viewer: Viewer, team_id: int) -> bool:
    """May add to and edit this team's entries."""
    return viewer.is_operator or team_id in viewer.teams_where(WRITERS)


def require_change(viewer: Viewer, team_id: int) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer may add to and edit the team's entries."""
    require_sign_in(viewer)
    if not may_change(viewer, team_id):
        raise NotAllowed("Only the team that owns this entry can change it.")


def require_sign_in(viewer: Viewer) -> None:
    """Raise SignInFirst for the public."""
    if not viewer.is_signed_in:
        raise SignInFirst("Sign in to do this.")


def require_admin(viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed unless the viewer is an administrator."""
    require_sign_in(viewer)
    if not viewer.is_admin:
        raise NotAllowed("Only an administrator can do this.")


def team_to_log_for(viewer: Viewer, team_id: int | None) -> int:
    """The team that will own what is logged: the one named, or the person's first."""
    require_sign_in(viewer)
    if team_id is not None:
        require_change(viewer, team_id)
        return team_id
    teams = viewer.teams_where(WRITERS)
    if not teams:
        raise NotAllowed("You are not in a team that logs entries.")
    return teams[0]

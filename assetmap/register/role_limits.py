"""Where a role holds: everywhere, or only in some areas and for some categories."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, joinedload

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.errors import Invalid, NotAllowed, NotFound
from assetmap.models import Area, Category, Membership, Team, User
from assetmap.register import audit, people
from assetmap.schemas.people import RoleLimits
from assetmap.vocabulary import AuditAction, Role

WHOLE = frozenset({Role.ADMIN, Role.AUDITOR})  # a team's people and account have no areas
NOT_LIMITED = "Administrators and auditors are of a whole team. Take the role away instead."


def of(session: Session, user: User, team: str, role: str, *, viewer: Viewer) -> Membership:
    """A role that somebody holds in a team the viewer looks after. Raises NotFound."""
    access.require_admin(viewer)
    held = session.scalar(
        select(Membership)
        .join(Team)
        .where(
            Membership.user_id == user.id,
            Membership.role == role,
            Team.name == team,
            people.looked_after(viewer),
        )
        .options(joinedload(Membership.team))
    )
    if held is None:
        raise NotFound("They have no such role in a team you look after.")
    return held


def limit(session: Session, user: User, wanted: RoleLimits, *, viewer: Viewer) -> bool:
    """Let a role hold in these areas and for these categories alone; with neither, everywhere.

    Says whether anything changed. Raises NotFound for a role they do not have, Invalid for an area
    or a category that is not there and for a role that can't be limited, NotAllowed for one's own
    role: nobody widens what they have.
    """
    spatial.lock_for_writing(session, "people")
    held = of(session, user, wanted.team, wanted.role, viewer=viewer)
    if user.id == viewer.user_id:
        raise NotAllowed("Ask another administrator to change where your own role holds.")
    if wanted.role in WHOLE and (wanted.areas or wanted.categories):
        raise Invalid.field("areas", NOT_LIMITED)
    require_loaded(session, wanted.areas, wanted.categories)
    if (held.areas, held.categories) == (wanted.areas, wanted.categories):
        return False
    held.areas, held.categories = list(wanted.areas), list(wanted.categories)
    session.flush()
    audit.note(
        session,
        AuditAction.ROLE_CHANGED,
        viewer=viewer,
        entity="user",
        uid=user.uid,
        teams=[held.team_id],
        details={
            "limited": held.role,
            "team": held.team_id,
            "areas": len(held.areas),
            "categories": len(held.categories),
        },
    )
    return True


def in_words(
    session: Session, areas: Collection[str], categories: Collection[str]
) -> tuple[list[str], list[str]]:
    """The same areas and categories as people call them, each with its code.

    A category that was merged into another holds nothing any more, and says so: what somebody
    signed for is never widened to what the other one holds.
    """
    code = Area.type + ":" + Area.code
    rows = session.execute(select(code, Area.name).where(code.in_(areas)).order_by(Area.id))
    names: dict[str, str] = {row[0]: row[1] for row in rows}
    into = aliased(Category)
    terms = session.execute(
        select(Category.code, Category.label, into.label)
        .outerjoin(into, into.id == Category.replaced_by_id)
        .where(Category.code.in_(categories))
    )
    labels = {row[0]: (row[1], row[2]) for row in terms}
    said = []
    for one in categories:
        label, merged = labels.get(one, (one, None))
        gone = f", merged into {merged}: nothing is in it now" if merged else ""
        said.append(f"{label} ({one}{gone})")
    return [f"{names.get(one, 'Not loaded')} ({one})" for one in areas], said


def by_role(session: Session, held: Collection[Membership]) -> dict[int, list[str]]:
    """By key of a role, where it holds as people call it, each with its code; those that hold
    everywhere are left out, and without any nothing is asked of the database."""
    areas = sorted({one for role in held for one in role.areas})
    categories = sorted({one for role in held for one in role.categories})
    if not (areas or categories):
        return {}
    said = in_words(session, areas, categories)
    area, term = (
        dict(zip(*both, strict=True)) for both in zip((areas, categories), said, strict=True)
    )
    return {
        role.id: [*(area[one] for one in role.areas), *(term[one] for one in role.categories)]
        for role in held
        if role.areas or role.categories
    }


def require_loaded(session: Session, areas: Collection[str], categories: Collection[str]) -> None:
    """Raise Invalid for an area ("type:code") or a category that is not there: it would open
    nothing."""
    code = Area.type + ":" + Area.code
    known = set(session.scalars(select(code).where(code.in_(areas)))) if areas else set()
    if unknown := [one for one in areas if one not in known]:
        raise Invalid.field("areas", f"No area is loaded as {unknown[0]}.")
    terms = select(Category.code).where(Category.code.in_(categories))
    codes = set(session.scalars(terms)) if categories else set()
    if unknown := [one for one in categories if one not in codes]:
        raise Invalid.field("categories", f"There is no category {unknown[0]}.")

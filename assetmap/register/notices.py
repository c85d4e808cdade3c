"""What people are told when they agree: a wording for each purpose, kept in every version.

Each purpose has a wording of its own from the start; a data officer writes better ones. Records of
what somebody agreed to keep the text they were shown, whatever becomes of it later.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.errors import Conflict, Invalid
from assetmap.models import Notice
from assetmap.register import audit, officers
from assetmap.schemas.persons import NoticeDraft
from assetmap.vocabulary import AuditAction, ContactPurpose

FIRST = "1"
ENGLISH = "en"
_RIGHTS = (
    " Your name, how to reach you and this record are kept by the team that asks. You can say stop"
    " at any time, by the link in a message or by telling us, and it holds from that moment. You"
    " can ask to see what is kept about you, to have it put right or taken out, and you can"
    " complain to the Information Commissioner."
)
_WORDS = {
    ContactPurpose.SERVICE: (
        "We would like to write to you or call you about what you do with us: the group, place or"
        " offer you told us of, and things you asked us to do."
    ),
    ContactPurpose.ENGAGEMENT_INVITE: (
        "We would like to invite you to meetings, walkabouts and events in the neighbourhood, and"
        " to tell you what came of them."
    ),
    ContactPurpose.PROMOTION: (
        "We would like to tell you about campaigns, fund-raising and things that are for sale."
        " Saying no changes nothing else."
    ),
    ContactPurpose.SHARING: (
        "We would like to show your name and what you do at your group or place beside its own"
        " contact details, to whoever may see those, which may be everybody; and how to reach you"
        " to the bodies we work with under a written agreement, so that they can ask you directly."
    ),
}


@dataclass(frozen=True)
class Wording:
    """What people are told. version, language: which wording it is."""

    purpose: ContactPurpose
    language: str
    version: str
    text: str


def current(session: Session, language: str = ENGLISH) -> dict[ContactPurpose, Wording]:
    """The latest wording for each purpose, in this language or else in English."""
    rows = session.scalars(
        select(Notice)
        .where(Notice.language.in_({ENGLISH, language}))
        .order_by(Notice.language == language, Notice.made_at, Notice.id)
    )
    latest = {purpose: _first(purpose) for purpose in ContactPurpose}
    for row in rows:  # the language that was asked for comes last, and the newest of it
        latest[ContactPurpose(row.purpose)] = _of(row)
    return latest


def find(session: Session, purpose: ContactPurpose, version: str, language: str) -> Wording:
    """One wording. Raises Invalid for one that was never there."""
    row = session.scalars(
        select(Notice)
        .where(
            Notice.purpose == purpose.value,
            Notice.version == version,
            Notice.language.in_({ENGLISH, language}),
        )
        .order_by((Notice.language == language).desc())
    ).first()
    if row is not None:
        return _of(row)
    if version != FIRST:
        raise Invalid.field("notice_version", "There is no such wording. Open the page again.")
    return _first(purpose)


def write(session: Session, draft: NoticeDraft, *, viewer: Viewer) -> Wording:
    """Add a wording, which is shown from now on, to whichever body's people.

    Raises NotAllowed for all but data officers of the body that keeps the register, Conflict for a
    version that is there.
    """
    officers.require_officer(session, viewer)
    taken = select(Notice.id).where(
        Notice.purpose == draft.purpose.value,
        Notice.version == draft.version,
        Notice.language == draft.language,
    )
    if draft.version == FIRST or session.scalar(taken) is not None:
        raise Conflict("There is a wording of this version already. Give another version.")
    made = Notice(
        purpose=draft.purpose.value,
        language=draft.language,
        version=draft.version,
        text=draft.text,
        made_by_id=viewer.user_id,
    )
    session.add(made)
    session.flush()  # so that a failure shows before success is told
    audit.note(
        session,
        AuditAction.CHANGED,
        viewer=viewer,
        entity="notice",
        uid=made.uid,
        teams=viewer.teams_where(officers.OFFICERS),
        details={"purpose": draft.purpose.value, "version": draft.version},
    )
    return _of(made)


def _of(row: Notice) -> Wording:
    return Wording(ContactPurpose(row.purpose), row.language, row.version, row.text)


def _first(purpose: ContactPurpose) -> Wording:
    return Wording(purpose, ENGLISH, FIRST, _WORDS[purpose] + _RIGHTS)

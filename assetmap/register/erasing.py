"""Doing what somebody asked for to all that is theirs: erasing it, or leaving them alone.

Erasing takes the identity out and leaves the register whole: what they logged stays, by a former
member; a text stays without their name; what they agreed to stays, of nobody in particular; and
their addresses stay as salted hashes, so that nobody writes them down again. The account of who
did what holds uids only and needs no change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assetmap import spatial, textsearch
from assetmap.access import OPERATOR, Viewer
from assetmap.db import now
from assetmap.errors import Conflict
from assetmap.models import (
    ApiToken,
    Authenticator,
    Entry,
    History,
    Person,
    RecoveryCode,
    SearchWord,
    SearchWordCut,
    SignInLink,
    SubjectHit,
    SubjectRequest,
    User,
    UserSession,
    WorkAccount,
)
from assetmap.outside.import_folder import ImportFolder
from assetmap.register import (
    collections,
    erasing_files,
    erasing_texts,
    letters,
    parcels,
    passing_on,
    people,
    person_blanking,
    persons,
    saved_searches,
    search_alerts,
    search_feeds,
    subject_requests,
    suppressions,
    wording,
)
from assetmap.register.subject_terms import Terms
from assetmap.schemas.subject_requests import RequestKind, RequestStatus
from assetmap.vocabulary import AuditAction, SuppressionReason

FORMER = "A former member"
AT_ONCE = 500  # rows of the history asked about in one query
NOWHERE = "erased-{}@erased.invalid"
_OF_AN_ACCOUNT = (ApiToken, Authenticator, RecoveryCode, SignInLink, UserSession, WorkAccount)


@dataclass(frozen=True)
class Done:
    """To how many accounts, contacts and texts it was done. uploads: files that imports came from
    and that may hold them still; erased: whom to take out of all other files. See `clear_away`."""

    accounts: int = 0
    contacts: int = 0
    texts: int = 0
    uploads: tuple[ImportFolder, ...] = ()
    erased: Terms | None = None


def carry_out(session: Session, request: SubjectRequest, *, viewer: Viewer) -> Done:
    """Do what was asked for to everything that was decided to be theirs.

    Raises Conflict while something is undecided, when it was done already, and for requests that
    are answered rather than done; nothing is changed then.
    """
    if request.status != RequestStatus.REVIEW or request.done_at is not None:
        raise Conflict("This is done once, while what was found is looked through.")
    if left := subject_requests.undecided(session, request):
        raise Conflict(f"Decide about what was found first: {left} left.")
    spatial.lock_for_writing(session, "people")
    theirs = session.scalars(
        select(SubjectHit)
        .where(SubjectHit.request_id == request.id, SubjectHit.decision == "include")
        .order_by(SubjectHit.id)
    ).all()
    acting = on_behalf(viewer)
    match request.kind:
        case RequestKind.ERASURE:
            done = _erase(session, request, theirs, acting)
        case RequestKind.OBJECTION:
            done = _stop(session, request, theirs, acting)
        case RequestKind.RESTRICTION:
            done = Done(contacts=_restrict(session, theirs, acting, begins=True))
        case _:
            raise Conflict("There is nothing to carry out: they are answered.")
    request.done_at = now()
    action = AuditAction.ERASED if request.kind == RequestKind.ERASURE else AuditAction.SUPPRESSED
    said = {"accounts": done.accounts, "contacts": done.contacts, "texts": done.texts}
    subject_requests.note(session, action, request, viewer=viewer, details=said)
    subject_requests.touch(session, request, ["done"], viewer=viewer)
    return done


def clear_away(session: Session, done: Done) -> None:
    """Take them out of the files that imports keep, and remove those that wait to be fetched. Call
    it after the commit."""
    parcels.let_go_of_all(session)
    for folder in done.uploads:
        folder.forget_upload()
    if done.erased is not None:
        erasing_files.erase(session, done.erased)


def lift(session: Session, request: SubjectRequest, *, viewer: Viewer) -> int:
    """End a restriction: their details are in the lists again, but for what another request has
    left alone too. Says of how many contacts."""
    if request.kind != RequestKind.RESTRICTION or request.done_at is None:
        raise Conflict("Nothing was left alone for this request.")
    theirs = session.scalars(
        select(SubjectHit).where(
            SubjectHit.request_id == request.id, SubjectHit.decision == "include"
        )
    ).all()
    for hit in theirs:
        hit.decision, hit.why = "leave_out", "Settled"
    session.flush()  # what other requests hold is asked next
    count = _restrict(session, theirs, on_behalf(viewer), begins=False)
    subject_requests.touch(session, request, ["restriction"], viewer=viewer)
    return count


def on_behalf(viewer: Viewer) -> Viewer:
    """The operator's reach into every team, with the officer's name on the account."""
    return replace(OPERATOR, name=viewer.name, user_id=viewer.user_id, behind=viewer)


def _erase(
    session: Session, request: SubjectRequest, theirs: Sequence[SubjectHit], acting: Viewer
) -> Done:
    terms = subject_requests.terms_of(request)
    users, contacts = _users(session, theirs), _persons(session, theirs)
    letters.forget(session, request.email)
    for address in (
        suppressions.normal_email(request.email),
        suppressions.normal_phone(request.phone),
    ):
        if address:
            hashed = suppressions.hashed(session, address)
            suppressions.suppress(session, hashed, SuppressionReason.ERASED)
    for user in users:
        _erase_account(session, user, acting)
    for person in contacts:
        _erase_contact(session, person, acting)
    uploads = _uploads(session, theirs)
    texts = erasing_texts.erase(session, theirs, terms, viewer=acting)
    session.execute(delete(SubjectHit).where(SubjectHit.request_id == request.id))
    _blank_copies(session, theirs, terms)
    session.flush()  # what is held of words is asked next
    _forget_words(session, request)
    textsearch.compact(session)
    return Done(len(users), len(contacts), texts, uploads, terms)


def _blank_copies(session: Session, theirs: Sequence[SubjectHit], terms: Terms) -> None:
    """What searches for other requests have copied of them: the whole of what was theirs, and of
    a text in which words about others are blacked out, because where those are is known no more."""
    gone = {(hit.place, hit.number) for hit in theirs}
    for copy in session.scalars(select(SubjectHit)):
        after = terms.without(copy.text, erasing_texts.INSTEAD)
        if (copy.place, copy.number) in gone or (after != copy.text and copy.hidden):
            after = erasing_texts.INSTEAD
        if after != copy.text:
            copy.text, copy.spans, copy.hidden = str(after), [], []


def _uploads(session: Session, theirs: Sequence[SubjectHit]) -> tuple[ImportFolder, ...]:
    """The folders of imports that wrote the entries in which they were found."""
    named = [(hit.place.partition(".")[0], hit.number) for hit in theirs]
    keys = {number for table, number in named if table in erasing_texts.OF_ENTRIES}
    past = [number for table, number in named if table == History.__tablename__]
    for start in range(0, len(past), AT_ONCE):
        rows = select(History.entry_id).where(History.id.in_(past[start : start + AT_ONCE]))
        keys |= set(session.scalars(rows))
    found: dict[Path, ImportFolder] = {}
    for key in sorted(keys):
        entry = session.get(Entry, key)
        if entry is not None:
            found |= {one.path: one for one in passing_on.uploads_of(session, entry)}
    return tuple(found.values())


def _erase_account(session: Session, user: User, acting: Viewer) -> None:
    """Shut somebody out, and leave of them a name that says nothing."""
    if user.id == acting.user_id:
        raise Conflict("Another data officer has to erase your own account.")
    people.shut_out(session, user, viewer=acting)
    for table in _OF_AN_ACCOUNT:
        session.execute(delete(table).where(table.user_id == user.id))
    search_alerts.forget_of(session, user.id)
    search_feeds.forget_of(session, user.id)
    saved_searches.forget_of(session, user.id)
    collections.forget_of(session, user.id)
    user.name, user.email = FORMER, NOWHERE.format(user.uid.hex)
    user.last_seen_at = None


def _erase_contact(session: Session, person: Person, acting: Viewer) -> None:
    """Blank them, and let nobody write them down again unless they ask."""
    persons.put_on_the_list(session, person, SuppressionReason.ERASED)
    person_blanking.blank(session, person, viewer=acting)


def _forget_words(session: Session, request: SubjectRequest) -> None:
    """Their name among the words that correct slips, unless something public still has it."""
    said = sorted(set(textsearch.words(f"{request.name} {request.email} {request.phone}")))
    gone = wording.unheld(session, said)
    session.execute(delete(SearchWordCut).where(SearchWordCut.word.in_(gone)))
    session.execute(delete(SearchWord).where(SearchWord.word.in_(gone)))


def _stop(
    session: Session, request: SubjectRequest, theirs: Sequence[SubjectHit], acting: Viewer
) -> Done:
    """Nobody writes to or rings them any more, at any address that is known."""
    found = _persons(session, theirs)
    for person in found:
        if person.is_live:
            persons.stop(session, person, viewer=acting)
        else:  # taken out before: only the list holds of them from here on
            persons.put_on_the_list(session, person, SuppressionReason.OBJECTION)
    for one in suppressions.hashes_of(session, request):
        suppressions.suppress(session, one, SuppressionReason.OBJECTION)
    return Done(contacts=len(found))


def _restrict(
    session: Session, theirs: Sequence[SubjectHit], acting: Viewer, *, begins: bool
) -> int:
    """Take their details out of lists and let nobody change them; or put them back, where no
    request that was carried out holds them."""
    found = _persons(session, theirs)
    if not begins:
        held = _held_by_requests(session, [person.id for person in found])
        found = [person for person in found if person.id not in held]
    for person in found:
        person.restricted_at = now() if begins else None
        person.updated_at, person.updated_by_id = now(), acting.user_id
        person.version += 1
        persons.note(session, AuditAction.CHANGED, person, viewer=acting, fields=["restricted"])
    return len(found)


def _held_by_requests(session: Session, keys: Sequence[int]) -> frozenset[int]:
    """Those of these contacts that a restriction which was carried out leaves alone."""
    rows = session.scalars(
        select(SubjectHit.number)
        .join(SubjectRequest, SubjectRequest.id == SubjectHit.request_id)
        .where(
            SubjectHit.place == Person.__tablename__,
            SubjectHit.number.in_(keys),
            SubjectHit.decision == "include",
            SubjectRequest.kind == RequestKind.RESTRICTION.value,
            SubjectRequest.done_at.is_not(None),
        )
    )
    return frozenset(rows)


def _users(session: Session, theirs: Sequence[SubjectHit]) -> Sequence[User]:
    keys = [hit.number for hit in theirs if hit.place == User.__tablename__]
    return session.scalars(select(User).where(User.id.in_(keys)).order_by(User.id)).all()


def _persons(session: Session, theirs: Sequence[SubjectHit]) -> Sequence[Person]:
    keys = [hit.number for hit in theirs if hit.place == Person.__tablename__]
    return session.scalars(
        select(Person)
        .where(Person.id.in_(keys), Person.erased_at.is_(None), Person.merged_into_id.is_(None))
        .order_by(Person.id)
    ).all()

"""What somebody shares with their team, and what is in an answer, for the matrix of who may see
what."""

import io
import uuid
import zipfile
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.access import viewer_of
from assetmap.db import local_day, now
from assetmap.formats import document
from assetmap.models import CollectionItem, Entry, HelpAsk, HelpRequest, Person, Team, User
from assetmap.register import collections, saved_searches
from assetmap.schemas.collections import CollectionDraft
from assetmap.schemas.saved_searches import SavedSearchDraft
from assetmap.schemas.search import Filters


def words_of(answer: TestResponse) -> str:
    """All that somebody can read in an answer: of a document, what is in each of its parts."""
    if answer.content_type != document.TYPE:
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as parts:
        return "".join(parts.read(name).decode(errors="replace") for name in parts.namelist())


def shared(
    session: Session, owner: User, team: Team, name: str, uids: Iterable[str]
) -> dict[str, str]:
    """The uids of a saved search, and of a collection of all these entries, under this name."""
    viewer = viewer_of(session, owner.id)
    draft = SavedSearchDraft(name=name, team=team.uid, criteria=Filters(text="marker"))
    saved = saved_searches.put(session, uuid.uuid4(), draft, viewer=viewer).made
    called = CollectionDraft(name=name, team=team.uid)
    kept, _ = collections.put(session, uuid.uuid4(), called, viewer=viewer)
    every = [uuid.UUID(one) for one in uids]
    for entry in session.scalars(select(Entry).where(Entry.uid.in_(every))):
        session.add(CollectionItem(collection_id=kept.id, member_id=entry.id))
    return {"saved": str(saved.uid), "collected": str(kept.uid)}


def help_wanted(session: Session, team: Team, said: str) -> dict[str, str]:
    """The uid of a request for help at the public event, which every offer was asked by: in each
    what they said, whom nobody but the team knows of."""
    event = session.scalars(select(Entry).where(Entry.title == "Marker engagement public")).one()
    made = HelpRequest(team_id=team.id, need_id=event.id, title=said, answer_by=local_day(now()))
    made.ask_who, made.ask_how = "Jo", "01632 960 111"
    session.add(made)
    session.flush()
    whom = session.scalars(select(Person.id)).first()
    for offer in session.scalars(select(Entry.id).where(Entry.kind == "offer")):
        one = HelpAsk(request_id=made.id, offer_id=offer, person_id=whom, channel="email")
        one.state, one.words, one.used_words = "accepted", said, said
        session.add(one)
    session.flush()
    return {"help": str(made.uid)}

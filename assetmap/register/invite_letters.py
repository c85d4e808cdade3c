"""Inviting people of a list by letter: each with a short link of their own to answer by, and kept
as asked by post. Printing them again changes nothing."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Invitation, InviteList
from assetmap.register import (
    asking,
    consents,
    invite_approving,
    invite_lists,
    invite_message,
    invite_sending,
    panel_replies,
    replies,
)
from assetmap.register.invite_people import PURPOSE, Built, Row
from assetmap.register.replies import Asked
from assetmap.schemas.invite_lists import LettersDraft
from assetmap.vocabulary import ContactChannel

POST = ContactChannel.POST


def open_to(built: Built, whom: str, seated: Collection[uuid.UUID] | None = None) -> list[Row]:
    """Those who may be asked by letter and have not been: by it only, or all. seated: no others."""
    return [
        row
        for row in built.rows
        if POST in row.ways
        and (whom == "all" or len(row.ways) == 1)
        and (seated is None or any(one.uid in seated for one in row.people))
    ]


def seats(
    session: Session, made: InviteList, panel: uuid.UUID | None
) -> Collection[uuid.UUID] | None:
    """Who has a seat on a panel of the list, None where none is said. Raises NotFound."""
    if panel is None:
        return None
    return set(panel_replies.seated(session, made, panel))


def asked_by(made: InviteList, built: Built, channel: ContactChannel) -> list[Row]:
    """Those of a list who were asked so, may be still, and have not said no: who gets it again."""
    return [
        row
        for row in built.asked
        if channel in row.ways
        and row.asked is not None
        and (row.asked.list_id, row.asked.channel) == (made.id, channel)
        and row.answer != "declined"
    ]


def write(
    session: Session, made: InviteList, draft: LettersDraft, *, viewer: Viewer
) -> Sequence[Row]:
    """Keep those as asked by letter who had not been asked; done twice it asks nobody twice. Raises
    NotAllowed, NotFound, Conflict, Invalid for "words"."""
    invite_lists.require_change(made, viewer=viewer)
    invite_sending.ready(session, made, viewer=viewer)
    invite_message.look_over(made, draft.words, looked=draft.words_checked)
    spatial.lock_for_writing(session, f"asking {made.engagement_id or made.uid}")
    built = invite_lists.build(session, made, viewer=viewer)
    if draft.panel is not None:
        spatial.lock_for_writing(session, f"invite panel {draft.panel}")  # nobody gives a seat up
    rows = open_to(built, draft.whom, seats(session, made, draft.panel))
    if rows:
        invite_approving.require(session, made, built, draft.words, viewer=viewer)
        made.words = draft.words
        asking.keep(session, made, rows, POST, viewer=viewer)
    return rows


def links(
    session: Session, made: InviteList, keys: Sequence[int], *, viewer: Viewer
) -> dict[int, str]:
    """By invitation, the secret in the link of an invitation that was not taken back; for who may
    change the list. keys: of invitations."""
    invite_lists.require_change(made, viewer=viewer)
    query = select(Invitation).where(
        Invitation.id.in_(keys), Invitation.list_id == made.id, Invitation.taken_back_at.is_(None)
    )
    return replies.links(session, session.scalars(query).all(), by=viewer.user_id)


def stop_token(session: Session, asked: Asked) -> str:
    """The secret in the link that ends what somebody was invited on; "" where that has ended."""
    ways = consents.by_way(consents.of(session, asked.person))
    channel = ContactChannel(asked.invitation.channel)
    found = consents.standing(ways.get((PURPOSE, channel), []), now())
    return consents.link_token(session, found.row) if found.is_current and found.row else ""

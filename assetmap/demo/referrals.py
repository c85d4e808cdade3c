"""What people of the demo town met that is not the register's to keep. All of it is invented."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import viewer_of
from assetmap.db import now
from assetmap.models import Entry, User
from assetmap.register import referral_raising, referrals
from assetmap.schemas.referrals import Acknowledged, HandOver, ReferralDraft
from assetmap.vocabulary import Kind

RAISED_BY, RECEIVED_BY = "local@demo.example", "receiver@demo.example"


@dataclass(frozen=True)
class PassedOn:
    """A referral of the demo. office and reference: how far it has come."""

    category: str
    urgency: str
    words: str
    hours_ago: int
    office: str = ""
    reference: str = ""
    on_a_walk: bool = False


PASSED_ON = (
    PassedOn(
        "safeguarding_child",
        "same_day",
        "A resident said that children of about ten are alone in the boat shed after school, and"
        " that an older boy brings them cigarettes.",
        hours_ago=5,
        on_a_walk=True,
    ),
    PassedOn(
        "intelligence",
        "routine",
        "Two people on the walk said that mopeds without plates go to the lock-ups behind the"
        " station every evening at about nine.",
        hours_ago=70,
        office="Alder Valley Police, intelligence unit",
        on_a_walk=True,
    ),
    PassedOn(
        "hate",
        "routine",
        "Words against a family were painted on a fence by the school, and painted over before"
        " the walk.",
        hours_ago=100,
        office="Alder Valley Police, hate crime officer",
        reference="AVP-2291",
    ),
)


def pass_on(session: Session) -> int:
    """Put them in, as their people did; how many."""
    raiser, receiver = (
        viewer_of(session, session.scalars(select(User.id).where(User.email == email)).one())
        for email in (RAISED_BY, RECEIVED_BY)
    )
    walk = session.scalars(
        select(Entry).where(Entry.kind == Kind.WALKABOUT, Entry.status == "complete").limit(1)
    ).one()
    for one in PASSED_ON:
        draft = ReferralDraft.model_validate(
            {
                "category": one.category,
                "urgency": one.urgency,
                "may_be_named": "no",
                "words": one.words,
            }
        )
        raised = (
            referral_raising.raise_from(session, walk, draft, viewer=raiser)
            if one.on_a_walk
            else referral_raising.raise_new(session, draft, viewer=raiser)
        )
        kept = raised.referral
        kept.raised_at = now() - timedelta(hours=one.hours_ago)
        if one.office:
            gone = HandOver(sent_to=one.office)
            referrals.send(session, kept.uid, gone, viewer=receiver)
        if one.reference:
            given = Acknowledged(force_reference=one.reference)
            referrals.acknowledge(session, kept.uid, given, viewer=receiver)
    session.flush()  # so that a failure shows before success is told
    return len(PASSED_ON)

"""What the bodies of the demo town have agreed to share with one another."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.demo.people import PARTNER_FOR
from assetmap.models import Partner
from assetmap.register import agreements
from assetmap.schemas.agreements import AgreementDraft
from assetmap.vocabulary import Kind, LawfulBasis

HELP = ("asset", "group", "offer")
GATHERED = ("walkabout", "engagement", "hotspot")
ACT = "Crime and Disorder Act 1998, section 115"
TERMS = (
    "Used for the purpose above and no other. Looked up here and not copied elsewhere. Each body"
    " answers people about their rights for what it keeps, and tells the other within a day when"
    " something goes wrong. Both data officers look at this agreement again before it ends."
)


@dataclass(frozen=True)
class Shared:
    """An agreement of the demo. giver, receiver: keys of PARTNER_FOR. Days count from today."""

    title: str
    giver: str
    receiver: str
    kinds: tuple[str, ...]
    purpose: str
    fields: tuple[str, ...] = ()
    gateway: str = ""
    from_day: int = -200
    to_day: int = 165
    is_signed: bool = True


AGREEMENTS = (
    Shared(
        "Help for people the neighbourhood team meets",
        "vcs",
        "police",
        HELP,
        "Putting people in touch with help near them.",
        ("contact",),
        to_day=300,
    ),
    Shared(
        "What the neighbourhood team found, for those who can help",
        "police",
        "vcs",
        (*HELP, *GATHERED, "finding"),
        "Letting voluntary groups answer what walkabouts bring up.",
        ("contact",),
    ),
    Shared(
        "Rooms, groups and events of the council",
        "council",
        "vcs",
        (*HELP, "engagement"),
        "Finding rooms and people for events together.",
        ("contact",),
    ),
    Shared(
        "One picture of the town",
        "council",
        "police",
        tuple(Kind),
        "Solving problems of streets and estates together.",
        ("contact", "exact_location", "photos"),
        ACT,
        to_day=300,
    ),
    Shared(
        "Findings for the council's streets teams",
        "police",
        "council",
        ("finding", *GATHERED, *HELP),
        "Mending lights, paths and dumped rubbish where people say they are.",
        ("contact", "exact_location", "photos"),
        ACT,
        to_day=25,
    ),
    Shared(
        "Estates of Alder Homes",
        "police",
        "landlord",
        ("finding",),
        "Repairs that tenants asked for on a walkabout.",
        from_day=-400,
        to_day=-35,
    ),
    Shared(
        "Home safety visits",
        "vcs",
        "fire",
        ("offer", "group"),
        "Finding volunteers who can carry leaflets about home safety.",
        from_day=14,
        to_day=379,
        is_signed=False,
    ),
)


def agree(session: Session, today: date) -> int:
    """Write down and sign them; how many. Their partners, and the classification, must be there."""
    called = {one.name: one for one in session.scalars(select(Partner))}
    for one in AGREEMENTS:
        giver, receiver = (called[str(PARTNER_FOR[key])] for key in (one.giver, one.receiver))
        draft = AgreementDraft(
            title=one.title,
            giver=giver.uid,
            receiver=receiver.uid,
            kinds=[Kind(kind) for kind in one.kinds],
            fields=list(one.fields),
            purpose=one.purpose,
            lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS
            if one.giver == "vcs"
            else LawfulBasis.PUBLIC_TASK,
            gateway=one.gateway,
            terms=TERMS,
            starts_on=today + timedelta(days=one.from_day),
            ends_on=today + timedelta(days=one.to_day),
        )
        made = agreements.make(session, draft, viewer=OPERATOR)
        if one.is_signed:
            made.signed_on = draft.starts_on  # long ago, by both
    session.flush()  # who looks next sees them signed
    return len(AGREEMENTS)

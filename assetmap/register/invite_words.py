"""Why somebody is on an invite list or is not, in words that name nobody."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from assetmap.register import deployment
from assetmap.register.invite_people import OVER_ASKED
from assetmap.register.invite_sources import Reason

_LEFT_OUT = {  # after "1 person" and after "3 people" alike
    "do_not_contact": "asked not to be contacted",
    "restricted": "asked that their details be left alone",
    "gone": "taken out meanwhile",
    "age": "not of full age, as it is kept",
    "no_role": "kept without a role and without a reason",
    "opted_out": "opted out of invitations, or nothing may go to their address",
    "expired": "agreed once, but that has run out: ask them again",
    "ground": "kept on a ground that the law does not allow for this",
    "not_named": "agreed to this with other bodies, not with the one that invites",
    "none": "never agreed to be invited",
    "no_address": "agreed, but there is no address or number for it",
    "unseen": "not open to you any more",
    "removed": "taken off by hand",
    "not_ours": "kept by another body, and not for you to invite; they can tell you why",
}
_STOPPED = {  # why a message did not go
    "stopped_since": "they said stop after it was made ready",
    "bounced": "their address takes no mail; nobody writes to it again",
    "taken_back": "the invitation or the list was taken back",
    "called_off": "the event does not take place",
    "takes_place": "the event takes place after all",
    "over": "the event had begun",
    "answered": "they had answered meanwhile",
    "suppressed": "they said stop, or nothing may go to their address",
    "withdrawn": "they withdrew what they had agreed to",
}
_BY = {
    "search": "the search found it",
    "saved": "the saved search found it",
    "collection": "in the collection",
    "picked": "picked by hand",
    "wanted": "wanted at the event",
}


def left_out(session: Session, rule: str) -> str:
    """What is so of everybody whom a rule leaves out."""
    if rule != OVER_ASKED:
        return _LEFT_OUT[rule]
    most, days = deployment.asked_limit(session)
    times = "once" if most == 1 else f"{most} times"
    return f"invited {times} or more in the last {days} days"


def stopped(rule: str) -> str:
    """Why a message was not sent, of everybody alike."""
    return _STOPPED.get(rule) or _LEFT_OUT.get(rule, "they may not be asked any more")


def why(reasons: Sequence[Reason]) -> str:
    """All the reasons why a group is on the list; a place that it is in and serves, once."""
    said = []
    for one in reasons:
        if one.rule == "serves" and Reason("at", one.place) in reasons:
            continue
        also = one.rule == "at" and Reason("serves", one.place) in reasons
        said.append(f"{because(one)} and serves it" if also else because(one))
    return ", ".join(said)


def because(reason: Reason) -> str:
    """One reason why a group is on the list."""
    if reason.rule == "at":
        return f"is in {reason.place}"
    if reason.rule == "serves":
        return f"serves {reason.place}"
    return _BY[reason.rule]

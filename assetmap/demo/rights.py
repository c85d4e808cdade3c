"""What the data officer of the demo town has on the desk: a plan of what goes, and a request."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import viewer_of
from assetmap.db import local_day, now
from assetmap.models import User
from assetmap.register import retention, subject_requests, subject_search
from assetmap.schemas.retention import RetentionAction, RuleChange
from assetmap.schemas.subject_requests import IdentityChecked, NewRequest, RequestKind

OFFICER = "officer@demo.example"
MONTHS = 8  # the town keeps its closed findings for less time than others do
CAME_DAYS_AGO = 24


def put_on_the_desk(session: Session) -> int:
    """A plan that waits for approval, and somebody who asks what is held of them; how many."""
    officer = viewer_of(
        session, session.scalars(select(User.id).where(User.email == OFFICER)).one()
    )
    rule = RuleChange(months=MONTHS, action=RetentionAction.ANONYMISE, is_active=True)
    retention.change_rule(session, "finding", rule, viewer=officer)
    plans = retention.plan(session, viewer=officer, only=["finding"])
    asks = NewRequest(
        kind=RequestKind.ACCESS,
        name="Partner at a desk",
        email="partner@demo.example",
        words="What do you hold about me, and who has looked at it?",
        came_by="letter",
        received_on=local_day(now()) - timedelta(days=CAME_DAYS_AGO),
    )
    request = subject_requests.log(session, asks, viewer=officer)
    checked = IdentityChecked(how="Rang the number we have; they knew of the letter")
    subject_requests.check_identity(session, request, checked, viewer=officer)
    subject_requests.begin_search(session, request, viewer=officer)
    subject_search.run(session, request, viewer=officer)
    return len(plans) + 1

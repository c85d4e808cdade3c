"""How the events of the demo town were planned, what was said and done, and who was told."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap import layers
from assetmap.access import OPERATOR
from assetmap.db import local_day
from assetmap.demo.people import PARTNER_FOR
from assetmap.demo.stories import MEETINGS, RUN_AS
from assetmap.demo.writing import lines
from assetmap.models import Action, Engagement, Group
from assetmap.register import (
    actions,
    attachments,
    budget,
    door,
    event_contacts,
    guests,
    notes,
    notices,
    plans,
    running,
    tables,
    tellings,
)
from assetmap.schemas.actions import ActionDraft, TellingDraft
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.budget import CostDraft, PaperDraft
from assetmap.schemas.door import Arrived
from assetmap.schemas.event_contacts import AgreedThere, MetDraft
from assetmap.schemas.plans import PlanDraft
from assetmap.schemas.tables import Layout, NoteDraft, TableDraft
from assetmap.settings import LOCAL
from assetmap.vocabulary import ContactChannel, ContactPurpose

AT_TABLES = {"canal-hub": 64, "park-circle": 29}  # event: how many sat
MET = (  # name, phone, what they are at the club, why they have no role
    ("Bettina Rushworth", "01632 960151", "Member", ""),
    ("Tobias Inkersall", "", "", "Moors his boat at the lock and would help with lamps"),
)
CHARTS = {  # of the hub, by table: what stands on its flip chart
    2: ("Lamps", "at the steps first", "no dark gaps", "who pays?", "ask the Trust"),
    5: ("Walk together", "6 pm, the café", "Tuesdays", "who leads: rota", "tell the college"),
}
LEADS = (
    ("housing officer", "library assistant"),
    ("youth worker", "student of the college"),
    ("canal ranger", "parish clerk"),
    ("neighbourhood officer", "volunteer of the mill"),
    ("health visitor", "sixth-former"),
    ("fire station manager", "retired teacher"),
    ("traders' secretary", "museum volunteer"),
    ("faith leader", "councillor's assistant"),
)


def write_down(session: Session, today: date) -> None:
    """Keep what was settled, said and answered, and how people were told; some owe it still."""
    events = _events(session)
    points = {}
    for key, theme, said, decision, who, owner, days, state, did, why, is_open in lines("said"):
        draft = ActionDraft(
            theme=theme,
            you_said=said,
            decision=decision,
            partner=PARTNER_FOR.get(who) or "",
            owner=owner,
            due_on=today + timedelta(days=int(days)) if days else None,
            status=state,
            we_did=did,
            why_not=why,
            is_public=bool(is_open),
        )
        made, _ = actions.put(session, events[key], uuid7(), draft, viewer=OPERATOR)
        points[key, decision] = made
        if made.answered_at is not None and draft.due_on is not None:
            made.answered_at = datetime.combine(draft.due_on, time(12), LOCAL)
    for key, code in RUN_AS.items():
        drafts = running.parts_of(layers.event_template(code))
        running.begin(session, events[key], drafts, viewer=OPERATOR)
    _note(session, events, points)
    _want(session, events)
    _come_in(session, events)
    _meet(session, events)
    _spend(session, events)
    for key, number, state, owner, days, note in lines("settled"):
        due_on = today + timedelta(days=int(days)) if days else None
        settled = PlanDraft(status=state, owner=owner, due_on=due_on, note=note)
        plans.settle(session, events[key], int(number), settled, viewer=OPERATOR)
    for key, days, how, whom, reach, words in lines("told"):
        told = TellingDraft(
            told_on=local_day(events[key].ends_at) + timedelta(days=int(days)),
            told_by=how.split(","),
            told_to=whom,
            reach=int(reach),
            words=words,
        )
        tellings.tell(session, events[key], uuid7(), told, viewer=OPERATOR)


def _want(session: Session, events: Mapping[str, Engagement]) -> None:
    """Which groups some events want; two of them want one on the same day."""
    groups = {one.title: one for one in session.scalars(select(Group))}
    for key, names in lines("wanted"):
        wanted = [groups[name] for name in names.split(", ")]
        guests.want(session, events[key], wanted, viewer=OPERATOR)


def _come_in(session: Session, events: Mapping[str, Engagement]) -> None:
    """How many were counted at the door of the hub, with which of the groups it wanted."""
    hub = events["canal-hub"]
    for group, people in zip(guests.of(session, hub, viewer=OPERATOR), (9, 7, 11, 6), strict=True):
        came = Arrived(people=people, group=group.group.uid)
        door.count(session, hub, uuid7(), came, viewer=OPERATOR)
    door.count(session, hub, uuid7(), Arrived(people=31), viewer=OPERATOR)


def _meet(session: Session, events: Mapping[str, Engagement]) -> None:
    """Who was written down at the hub as they left, with what they signed on paper."""
    hub = events["canal-hub"]
    club = guests.of(session, hub, viewer=OPERATOR)[0].group
    signed = local_day(hub.ends_at)
    for name, phone, title, reason in MET:
        told = [
            AgreedThere(purpose=purpose, notice_version=notices.FIRST)
            for purpose in (ContactPurpose.ENGAGEMENT_INVITE, ContactPurpose.SERVICE)
        ]
        draft = MetDraft(
            name=name,
            email=f"{name.lower().replace(' ', '.')}@people.example",
            phone=phone,
            is_adult=True,
            entry=club.ref if title else "",
            title=title,
            no_role_reason=reason,
            agreed_to=told,
            channels=[ContactChannel.EMAIL],
            method="paper",
            given_on=signed,
        )
        event_contacts.meet(session, hub, uuid7(), draft, viewer=OPERATOR)


def _spend(session: Session, events: Mapping[str, Engagement]) -> None:
    """What the events cost, and their papers, whose last days are counted from the event's."""
    for key, kind, what, planned, spent, given in lines("costs"):
        cost = CostDraft(
            kind=kind,
            what=what,
            planned_pence=int(planned) * 100,
            spent_pence=int(spent) * 100 if spent else None,
            given=int(given) if given else None,
        )
        budget.put(session, events[key], "costs", uuid7(), cost, viewer=OPERATOR)
    for key, kind, what, days, kept_at, owner in lines("papers"):
        last_on = local_day(events[key].ends_at) + timedelta(days=int(days))
        paper = PaperDraft(kind=kind, what=what, last_on=last_on, kept_at=kept_at, owner=owner)
        budget.put(session, events[key], "papers", uuid7(), paper, viewer=OPERATOR)


def _note(
    session: Session,
    events: Mapping[str, Engagement],
    points: Mapping[tuple[str, str], Action],
) -> None:
    """What was noted at the tables, what people made of the ideas, and what those became."""
    for key, people in AT_TABLES.items():
        tables.lay_out(session, events[key], Layout(people=people, seats=9), viewer=OPERATOR)
        for number, (lead, writer) in enumerate(LEADS[: -(-people // 9)], 1):
            table_draft = TableDraft(
                seats=tables.seats_for(people, 9)[number - 1], facilitator=lead, note_taker=writer
            )
            tables.put(session, events[key], number, table_draft, viewer=OPERATOR, base_version=1)
    parts = {
        (key, part.title): part.uid
        for key in AT_TABLES
        for part in running.of(session, events[key], viewer=OPERATOR)
    }
    for key, table, part, kind, text, votes, realistic, difference, chosen in lines("noted"):
        draft = NoteDraft(
            text=text,
            kind=kind,
            table=int(table),
            part=parts[key, part],
            votes=int(votes or 0),
            realistic=int(realistic) if realistic else None,
            difference=int(difference) if difference else None,
            chosen=bool(chosen),
        )
        made, _ = notes.put(session, events[key], uuid7(), draft, viewer=OPERATOR)
        if (key, text) in points:
            notes.became(session, events[key], made.uid, points[key, text], viewer=OPERATOR)
    for number, said in CHARTS.items():
        photo = PhotoDetails(alt_text=", ".join(said))
        chart = _chart(said)
        attachments.attach(
            session, events["canal-hub"], chart, photo, viewer=OPERATOR, table=number
        )


def _chart(said: Sequence[str]) -> bytes:
    """A flip chart with these lines, as somebody photographed it."""
    sheet = Image.new("RGB", (900, 1200), "#c9ccd1")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((60, 50, 840, 1150), fill="#fdfcf7", outline="#8a8f98", width=4)
    for at, line in enumerate(said):
        colour = "#1b3f8b" if at else "#a3212f"
        pen.text((110, 110 + 150 * at), line, colour, font=ImageFont.load_default(54))
    sheet = sheet.rotate(-1.5, fillcolor="#9aa0a8", resample=Image.Resampling.BICUBIC)
    file = BytesIO()
    sheet.save(file, "JPEG", quality=80)
    return file.getvalue()


def _events(session: Session) -> Mapping[str, Engagement]:
    keys = {meeting.title: meeting.key for meeting in MEETINGS}
    return {keys[event.title]: event for event in session.scalars(select(Engagement))}

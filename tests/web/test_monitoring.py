"""Who came: a voluntary form at the end of an event, and counts that nobody is told from."""

import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import Model, now
from assetmap.errors import Conflict, NotAllowed, NotOpen
from assetmap.models import AuditEntry, Engagement, Monitoring, MonitoringCount, MonitoringSheet
from assetmap.register import merging, monitoring
from assetmap.schemas.monitoring import SheetDraft
from tests.make import commit, make_entry, make_team, make_user, viewer_for
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press, sign_in


def test_people_say_who_they_are_as_they_go_and_counts_are_shown_once_it_is_closed(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    olu = make_user(session, team, "organiser", "olu@demo.example")
    event = make_entry(session, "engagement", team, title="Hub <b>", visibility="public")
    commit()
    sign_in(client, olu)
    at = f"{event.path}/who-came/"
    assert "Nobody has been asked" in client.get(at).text
    assert press(client, f"{at}close", at).status_code == 404
    assert [press(client, f"{at}open", at).status_code for _ in range(2)] == [303, 303]
    here = f"/who-came/{session.scalars(select(Monitoring.code)).one()}"
    anybody = client.application.test_client()
    assert "Hub &lt;b&gt;" in anybody.get(here).text
    before = len(session.scalars(select(AuditEntry.seq)).all())
    ages = ["16-24"] * 7 + ["25-34"] * 6 + ["75"] * 2
    for age in ages:
        said = {"uid": str(uuid.uuid4()), "q-age": age, "q-sex": "female" if age == "75" else ""}
        sent = [press(anybody, here, here, **said).status_code for _ in range(2)]
        assert sent == [200, 200]  # and counts once
    for wrong in ({}, {"q-age": "101"}, {"q-age": "x" * 30}):
        back = press(anybody, here, here, uid=str(uuid.uuid4()), **wrong)
        assert back.status_code == 422
    session.rollback()
    assert len(session.scalars(select(AuditEntry.seq)).all()) == before
    page = client.get(at).text
    assert "<strong>15</strong>" in page
    assert "16 to 24" not in page
    assert press(client, f"{at}close", at).status_code == 303
    session.expire_all()
    assert session.scalars(select(MonitoringSheet.id)).all() == []
    assert anybody.get(here).status_code == 404
    assert press(client, f"{at}open", at).status_code == 409
    with counted() as queries:
        page = " ".join(client.get(at).text.split())
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    assert '<th scope="row">16 to 24</th> <td>7</td>' in page
    assert '<th scope="row">25 to 34</th> <td>Not shown</td>' in page  # or the last is told
    assert '<th scope="row">75 or over</th> <td>Not shown</td>' in page
    assert '<th scope="row">Female</th>' not in page


def test_the_form_opens_only_at_the_end_and_what_is_kept_names_no_person_and_no_time(
    session: Session,
) -> None:
    team, others = make_team(session), make_team(session, "Others")
    stranger = viewer_for(make_user(session, others, "organiser"), others)
    begins = now()
    event, over = (
        make_entry(
            session,
            "engagement",
            team,
            title=title,
            starts_at=begins - timedelta(hours=ago),
            ends_at=begins - timedelta(hours=ago - 2),
        )
        for title, ago in (("On", 1), ("Over", 400))
    )
    assert isinstance(event, Engagement)
    assert isinstance(over, Engagement)
    with pytest.raises(Conflict, match="when the event ends"):
        monitoring.start(session, event, viewer=OPERATOR)
    for refused in (monitoring.of, monitoring.start, monitoring.close):
        with pytest.raises(NotAllowed):
            refused(session, over, viewer=stranger)
    form = monitoring.start(session, over, viewer=OPERATOR)
    uid, sheet = uuid.uuid4(), SheetDraft(said={"age": "75", "religion": "none"})
    for _ in range(2):
        monitoring.answer(session, form, uid, sheet)
    told = {(one.dimension, one.category) for one in session.scalars(select(MonitoringCount))}
    assert len(told) == sum(len(one.answers) for one in monitoring.questions())
    names = {"monitoring_count": {"id", "monitoring_id", "dimension", "category", "people"}}
    names["monitoring_sheet"] = {"id", "monitoring_id", "sheet"}
    for table, columns in names.items():
        assert set(Model.metadata.tables[table].columns.keys()) == columns
    assert str(uid) not in str(session.scalars(select(MonitoringSheet.sheet)).all())
    keep = make_entry(session, "engagement", team, title="The same")
    merging.merge(session, keep, over, viewer=OPERATOR)
    assert monitoring.open_one(session, form.code)[1] is keep
    form.closes_at = now()
    session.flush()
    with pytest.raises(NotOpen):
        monitoring.answer(session, form, uuid.uuid4(), sheet)
    monitoring.let_go(session)
    assert session.scalars(select(MonitoringSheet.id)).all() == []

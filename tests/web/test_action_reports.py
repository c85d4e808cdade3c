"""The body that does what people asked for says how it goes."""

import uuid

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.models import Action, ActionReport, Engagement
from assetmap.register import actions
from assetmap.schemas.actions import ActionDraft
from tests.make import commit, make_entry, make_partner, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in


def test_whoever_does_it_says_how_it_goes_and_the_events_team_and_nobody_else_reads_it(
    client: FlaskClient, session: Session
) -> None:
    homes, parks = make_partner(session), make_partner(session, "Alder Parks", "council")
    team = make_team(session)
    doers, others = make_team(session, "Homes"), make_team(session, "Parks")
    doers.partner, others.partner = homes, parks
    olu, ann, ben, eve = (
        make_user(session, where, role, f"{role}{number}@demo.example")
        for number, (where, role) in enumerate(
            ((team, "organiser"), (doers, "logger"), (others, "editor"), (doers, "viewer"))
        )
    )
    event = make_entry(session, "engagement", team, title="Canal hub", status="held")
    assert isinstance(event, Engagement)
    said = [
        actions.put(
            session,
            event,
            uuid.uuid4(),
            ActionDraft(
                you_said=words, partner=body, status="done", we_did="Seen to", is_public=True
            ),
            viewer=OPERATOR,
        )[0]
        for words, body in (("It is dark", homes.name), ("No bins", parks.name))
    ]
    at, point, other = event.path, said[0].uid, said[1].uid
    page = f"{at}/said/{point}/progress"
    commit()

    sign_in(client, ann)
    answer = filled.send(client, page, placeless="", how_far="in_progress", words="Two of six")
    assert (answer.status_code, answer.location) == (303, f"{at}/said#point-1")
    answer = filled.send(client, page, placeless="", words="")
    assert answer.status_code == 422
    answer = filled.send(client, page, placeless="", words="Ring 07700 900123")
    assert (answer.status_code, "Ring 07700 900123" in answer.text) == (422, True)
    form = str(uuid.uuid4())
    for _ in range(2):  # pressed twice, it is kept once
        sent = press(client, page, page, uid=form, how_far="done", words="<All> six")
        assert sent.status_code == 303
    assert client.get(f"{at}/said/{other}/progress").status_code == 403
    shown = client.get(f"{at}/said").text
    assert "Two of six" in shown
    assert "&lt;All&gt; six" in shown
    assert len(session.scalars(select(ActionReport)).all()) == 2
    assert session.get_one(Action, said[0].id).we_did == "Seen to"

    for who, reads, says in ((olu, True, True), (eve, True, False), (ben, False, False)):
        sign_in(client, who)
        with counted() as queries:
            shown = client.get(f"{at}/said").text
        assert len(questions(queries)) <= MOST_ON_A_PAGE
        assert ("Two of six" in shown) is reads
        assert (client.get(page).status_code == 200) is says
        given = client.get(f"/api{at}/actions").json["actions"][0]  # type: ignore[index]
        assert len(given["progress"]) == (2 if reads else 0)
    stranger = client.application.test_client()
    assert "Two of six" not in stranger.get(f"{at}/said").text
    given = stranger.get(f"/api{at}/actions").json["actions"][0]  # type: ignore[index]
    assert given["progress"] == []

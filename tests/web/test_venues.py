"""Where an event is held, on its page."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.models import Engagement, PlanItem
from tests.make import commit, make_entry, make_team, make_user, point
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press, sign_in


def test_a_place_is_found_chosen_and_given_up_again(client: FlaskClient, session: Session) -> None:
    team = make_team(session)
    event = make_entry(
        session,
        "engagement",
        team,
        title="Canal hub",
        capacity=40,
        ask_who="Sergeant <Riverside>",
        ask_how="01632 960001",
    )
    assert isinstance(event, Engagement)
    hall = make_entry(session, "asset", team, title="Mill <hall>", capacity=90, cost_note="£5")
    make_entry(session, "asset", team, title="Hut", capacity=9, geometry=point(-1.921, 53.735))
    session.add(PlanItem(engagement_id=event.id, number=5, status="done", note="No uniforms <1>"))
    at, place, shown = f"{event.path}/venue/", str(hall.uid), event.path
    olu = make_user(session, team, "organiser", "olu@demo.example")
    commit()
    assert "Sergeant &lt;Riverside&gt;, 01632 960001" in client.get(shown).text
    sign_in(client, olu)
    page = client.get(at).text
    for words in (
        "Mill &lt;hall&gt;",
        "Holds 90",
        "step-free access",
        "£5",
        "No uniforms &lt;1&gt;",
    ):
        assert words in page
    assert ">Hut<" not in page
    assert ">Hut<" in client.get(f"{at}?people=").text
    wrong = client.get(f"{at}?people=many")
    assert (wrong.status_code, 'value="many"' in wrong.text) == (400, True)
    assert press(client, at, at, place=place, move="true").status_code == 303
    with counted() as queries:
        page = client.get(at).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    assert "Not there after all" in page
    assert press(client, f"{at}give-up", at, place=place).status_code == 303
    assert "No place is chosen yet." in client.get(at).text
    assert press(client, at, at, place=str(event.uid)).status_code == 422
    assert press(client, at, at, place="nonsense").status_code == 422

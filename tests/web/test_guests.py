"""Groups that an event wants, on their page."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.models import Engagement
from assetmap.register import guests
from tests.make import commit, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in


def test_groups_are_ticked_or_named_and_those_wanted_elsewhere_are_marked(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    event, other = (make_entry(session, "engagement", team, title=t) for t in ("Hub", "Fair <1>"))
    choir = make_entry(session, "group", team, title="Choir <b>")
    make_entry(session, "group", team, title="Anglers")
    assert isinstance(other, Engagement)
    guests.want(session, other, [choir], viewer=OPERATOR)
    at, key, plan = f"{event.path}/groups/", str(choir.uid), f"{event.path}/plan/"
    olu = make_user(session, team, "organiser", "olu@demo.example")
    commit()
    sign_in(client, olu)
    assert "No group is wanted yet" in client.get(at).text
    wrong = filled.send(client, at, placeless="", groups=[key], name="Nobody of the sort")
    assert (wrong.status_code, 'href="#name"' in wrong.text) == (422, True)
    assert f'value="{key}" checked' in " ".join(wrong.text.split())
    assert filled.send(client, at, placeless="", groups=[key], name="anglers").status_code == 303
    with counted() as queries:
        page = client.get(at).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    assert "2 groups are wanted" in page
    assert "1 of these groups is wanted at another event on the same day" in page
    assert "Fair &lt;1&gt;" in page
    with counted() as queries:
        assert "some of the groups you want are wanted by" in client.get(plan).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    assert press(client, f"{at}let-go", at, group=key).status_code == 303
    assert "1 group is wanted" in client.get(at).text
    client.delete_cookie("session")
    assert "Groups that are wanted changed" not in client.get(event.path).text

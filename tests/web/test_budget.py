"""Money and papers of an event on their page."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.make import commit, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in


def test_costs_and_papers_are_written_changed_and_put_back(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    event = make_entry(session, "engagement", team, title="Canal hub", attendance_count=4)
    at, shown = f"{event.path}/budget/", event.path
    olu = make_user(session, team, "organiser", "olu@demo.example")
    commit()
    sign_in(client, olu)
    assert "Not written down yet: insurance and risk assessment." in client.get(at).text
    for typed, box in (
        ({"what": "Tea", "planned_pence": "a lot"}, "planned_pence"),
        ({"what": "", "planned_pence": "2"}, "what"),
        ({"what": "Tea", "given": "3"}, "given"),
    ):
        wrong = filled.send(client, f"{at}costs/new", placeless="", **typed)
        assert (wrong.status_code, f'href="#{box}"' in wrong.text) == (422, True)
        assert all(f'value="{word}"' in wrong.text for word in typed.values())
    new = filled.filled(client.get(f"{at}costs/new").text, "/costs/new")
    new["what"], new["planned_pence"], new["spent_pence"] = "Tea & <cake>", "£1,050.50", "1200"
    assert [client.post(f"{at}costs/new", data=new).status_code for _ in range(2)] == [303, 303]
    page = client.get(at).text
    for words in ("Tea &amp; &lt;cake&gt;", "£1,050.50", "£149.50</b> more", "£300</b> for each"):
        assert words in page
    new["what"] = "Something else"
    again = client.post(f"{at}costs/new", data=new)
    assert (again.status_code, 'value="Something else"' in again.text) == (409, True)
    paper = {"what": "PL 1", "kept_at": "Folder", "last_on": "2020-01-31", "owner": "Venue manager"}
    assert filled.send(client, f"{at}papers/new", placeless="", **paper).status_code == 303
    page = client.get(at).text
    assert "Insurance: has run out (31 January 2020). Seen to by: Venue manager." in page
    line = page.partition(f"{at}papers/")[2].partition('"')[0]
    stale = press(client, f"{at}papers/{line}", at, version="7", kind="insurance", what="PL 2")
    assert (stale.status_code, 'value="PL 2"' in stale.text) == (409, True)
    assert filled.send(client, f"{at}papers/{line}", placeless="", what="PL 3").status_code == 303
    press(client, f"{at}papers/{line}/remove", at)
    assert "1 line was taken away" in client.get(at).text
    press(client, f"{at}papers/{line}/put-back", at)
    with counted() as queries:
        assert "PL 3" in client.get(at).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    assert "A cost written down" in client.get(shown).text
    assert client.get(f"{at}nothing/new").status_code == 404
    client.delete_cookie("session")
    assert "cost written down" not in client.get(shown).text

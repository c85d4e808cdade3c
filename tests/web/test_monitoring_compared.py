"""Who came to an event beside those who live where it was."""

import re
from collections.abc import Mapping

import shapely
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap import layers
from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.formats.profiles import ProfileRead, ProfilesRead
from assetmap.models import Engagement, Monitoring, MonitoringCount, Team
from assetmap.register import profiles, reach
from tests.make import commit, make_area, make_entry, make_team, make_user, point
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import sign_in

WARD = shapely.box(-1.95, 53.70, -1.91, 53.74)
HERE = point(-1.93, 53.72)
SEXES = {"female": 600, "male": 400}
AGES = {"0-15": 200, "16-24": 100, "25-64": 500, "65": 200}


def held(session: Session, team: Team, said: Mapping[str, Mapping[str, int]]) -> Engagement:
    """An event in the ward, with a closed form to which so many said what."""
    event = make_entry(session, "engagement", team, title="Hub", geometry=HERE)
    assert isinstance(event, Engagement)
    form = Monitoring(
        engagement_id=event.id, code="abcdefghij", opened_at=now(), closes_at=now(), sheets=40
    )
    session.add(form)
    session.flush()
    for dimension, counts in said.items():
        for category, people in counts.items():
            session.add(
                MonitoringCount(
                    monitoring_id=form.id, dimension=dimension, category=category, people=people
                )
            )
    return event


def rows(page: str, label: str) -> list[list[str]]:
    """The words of each row of the table of figures that is called so."""
    table = page.partition(f'aria-label="{label}: figures"')[2].partition("</tbody>")[0]
    return [
        re.sub(r"<[^>]+>", " ", row).split() for row in table.partition("<tbody>")[2].split("</tr>")
    ][:-1]


def test_every_answer_belongs_to_a_section_that_there_are_figures_of() -> None:
    known = {(one.dimension, one.code) for kinds in reach.kinds().values() for one in kinds}
    assert {(row["dimension"], row["section"]) for row in layers.monitoring()} == known


def test_those_who_came_are_set_beside_those_who_live_there_and_nothing_hidden_is_told(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    make_area(session, "E05000001", "Westside", WARD)
    make_area(session, "E08000001", "Borough", shapely.box(-2.0, 53.6, -1.8, 53.8), type="lad")
    make_area(session, "E05000009", "Elsewhere", shapely.box(-1.6, 53.6, -1.4, 53.8))
    for dimension, people in (("sex", SEXES), ("age", AGES)):
        read = ProfileRead(dimension, "ward", "2022", "2021", {"E05000001": people})
        profiles.load(session, ProfilesRead([read], []), viewer=OPERATOR)
    said = {
        "sex": {"female": 15, "male": 5},
        "age": {"16-24": 7, "25-34": 6, "35-49": 9, "75": 2},  # 25 to 34 and 75 are hidden
        "religion": {"none": 3},
        "disability": {"no": 9},
    }
    event, nowhere = held(session, team, said), make_entry(session, "engagement", team, title="Web")
    olu = make_user(session, team, "organiser", "olu@demo.example")
    commit()
    sign_in(client, olu)
    at = f"{event.path}/who-came/"
    with counted() as queries:
        page = client.get(at).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    assert rows(page, "Sex") == [
        *("Women and girls 60.0% 75.0% 15".split(), "Men and boys 40.0% 25.0% 5".split())
    ]
    # half of |0.75 - 0.6| + |0.25 - 0.4| is 0.15
    assert "<strong>85</strong> of 100" in page
    ages = [" ".join(row) for row in rows(page, "Age")]
    assert ages == [
        "Children up to 15 20.0% 0.0% 0",
        "Young people of 16 to 24 10.0% 29.2% 7",
        "Adults of 25 to 64 50.0% not shown",
        "People of 65 or over 20.0% not shown",
    ]
    assert page.count("of 100: how far") == 1  # none where a count is hidden
    assert "no figures of who lives in Westside (ward) for: disability. An" in page
    assert "religion: figures" not in page.lower()
    page = " ".join(client.get(f"{at}?area=E08000001").text.split())
    assert "all who live in Borough (district)" in page
    assert "of 1 ward of 2022, each whole that has more than half of its ground here" in page
    for wrong in ("E05000009", "x" * 300, "<b>"):
        answer = client.get(at, query_string={"area": wrong})
        assert answer.status_code == 422
        assert "Choose one of the areas that the event lies in." in answer.text
        assert "<strong>85</strong>" in answer.text
        assert "Elsewhere" not in answer.text
    assert client.get(f"{nowhere.path}/who-came/").status_code == 200

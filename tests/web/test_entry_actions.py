"""What can be done to an entry, with answers that no form offers."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.models import Team, User
from tests.make import commit, make_entry
from tests.web.pages import press


def test_a_finding_is_assigned_to_nobody_who_is_not_on_the_list(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    finding = make_entry(session, "finding", team, status="triaged")
    path, version = f"{finding.path}/state", finding.version
    commit()
    answer = press(client, path, path, status="assigned", partner_id="999999", version=version)
    assert answer.status_code == 422
    assert "Choose who takes it on." in answer.text

"""The page that asks what a download is for."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.make import commit, make_entry, make_team, make_user
from tests.web.pages import sign_in


def test_what_a_download_holds_is_said_in_a_sentence_also_where_some_of_it_is_restricted(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assetmap.register.deployment.purpose_above", lambda _session: 1)
    team = make_team(session)
    officer = make_user(session, team, "data_officer")
    for visibility in ("public", "public", "restricted"):
        make_entry(session, "asset", team, phone="01632 960 123", visibility=visibility)
    commit()
    sign_in(client, officer)
    commit()
    said = " ".join(re.sub(r"<[^>]*>", "", client.get("/assets.csv").text).split())
    assert "Of 3 entries it holds the contact details of 3 and 1 that is restricted." in said

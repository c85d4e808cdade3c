"""`assetmap contacts`."""

from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assetmap.models import AuditEntry, Person
from tests.make import commit, make_consent, make_entry, make_person, make_team


def test_the_list_tells_who_is_known_and_for_what_and_the_account_tells_who_asked(
    app: Flask, session: Session
) -> None:
    team = make_team(session)
    hall = make_entry(session, "asset", team)
    make_consent(session, make_person(session, team, at=hall))
    make_person(session, team, email="", name="Sam Other")
    commit()
    told = app.test_cli_runner().invoke(args=["contacts", "list", "--at", hall.ref])
    assert told.output == (
        f"Pat Example  Riverside team  Treasurer at {hall.ref}  engagement_invite: email\n"
    )
    session.execute(update(Person).values(got_from="other").where(Person.name == "Sam Other"))
    commit()
    untold = app.test_cli_runner().invoke(args=["contacts", "list", "--untold"])
    assert "Sam Other" in untold.output
    assert "to be told by 20" in untold.output
    assert "Pat" not in untold.output
    wrong = app.test_cli_runner().invoke(args=["contacts", "list", "--at", "nowhere"])
    assert wrong.exit_code != 0
    read = select(func.count()).where(AuditEntry.action == "read", AuditEntry.entity == "person")
    assert session.scalar(read) == 2

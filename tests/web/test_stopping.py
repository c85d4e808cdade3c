"""The link in a message that ends what it came of."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.register import consents
from assetmap.register.contacting import may_contact
from assetmap.vocabulary import ContactChannel, ContactPurpose
from tests.make import commit, make_consent, make_entry, make_person, make_team

EMAIL, POST, PHONE = ContactChannel.EMAIL, ContactChannel.POST, ContactChannel.PHONE
INVITE = ContactPurpose.ENGAGEMENT_INVITE


def test_the_link_ends_one_way_of_being_invited_or_every_way_and_nothing_else(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    choir = make_entry(session, "group", team)
    ann = make_person(session, team, at=choir, name="Ann", email="ann@people.example")
    make_consent(session, ann, INVITE.value, "email", "post")
    make_consent(session, ann, ContactPurpose.SERVICE.value, "post")
    (row,) = (one for one in consents.of(session, ann) if one.channel == EMAIL)
    stop, uid = f"/stop/{consents.link_token(session, row)}", ann.uid
    commit()

    def may(channel: ContactChannel, purpose: ContactPurpose = INVITE) -> bool:
        session.rollback()
        return bool(may_contact(session, uid, purpose, channel, viewer=OPERATOR))

    assert "Stop it by every way, not by e-mail alone" in client.get(stop).text
    assert "by every way" in client.post(stop, data={"List-Unsubscribe": "One-Click"}).text
    assert (may(EMAIL), may(POST)) == (False, True)
    ended = client.post(stop, data={"ways": "every"}).text
    assert "Ended: <strong>" in ended
    assert "Stop it by every way" not in ended
    assert (may(EMAIL), may(POST)) == (False, False)
    assert may(POST, ContactPurpose.SERVICE)

"""What purposes, channels and the rest of what people agree to are called on pages."""

from collections.abc import Collection

from assetmap.models import Person
from assetmap.vocabulary import ConsentMethod, ContactChannel, ContactPurpose, GivenBy, LawfulBasis

PURPOSES = {
    ContactPurpose.SERVICE: "What they do with us",
    ContactPurpose.ENGAGEMENT_INVITE: "Invitations to events",
    ContactPurpose.PROMOTION: "Campaigns, fund-raising and sales",
    ContactPurpose.SHARING: "Showing their details to partners",
}
CHANNELS = {
    ContactChannel.EMAIL: "E-mail",
    ContactChannel.PHONE: "Phone",
    ContactChannel.SMS: "Text message",
    ContactChannel.POST: "Post",
    ContactChannel.IN_PERSON: "In person",
}
YOURS = {  # the purposes as they are said to the person
    ContactPurpose.SERVICE: "what you do with us",
    ContactPurpose.ENGAGEMENT_INVITE: "invitations to events",
    ContactPurpose.PROMOTION: "campaigns, fund-raising and sales",
    ContactPurpose.SHARING: "showing your details to partners",
}
BY = {
    ContactChannel.EMAIL: "by e-mail",
    ContactChannel.PHONE: "by phone",
    ContactChannel.SMS: "by text message",
    ContactChannel.POST: "by post",
    ContactChannel.IN_PERSON: "in person",
}
METHODS = {
    ConsentMethod.PAPER: "On paper",
    ConsentMethod.VERBAL: "They said so",
    ConsentMethod.WEB: "On a web form",
    ConsentMethod.LINK: "By the link in a message",
    ConsentMethod.MERGE: "They were kept twice and had said no",
}
GIVEN_BY = {GivenBy.SELF: "Themselves", GivenBy.ON_BEHALF: "Somebody who may speak for them"}
BASES = {
    LawfulBasis.CONSENT: "Consent",
    LawfulBasis.PUBLIC_TASK: "Public task",
    LawfulBasis.CONTRACT: "Contract",
    LawfulBasis.LEGAL_OBLIGATION: "Legal obligation",
    LawfulBasis.VITAL_INTERESTS: "Vital interests",
    LawfulBasis.LEGITIMATE_INTERESTS: "Legitimate interests (not for public bodies)",
    LawfulBasis.RECOGNISED_LEGITIMATE_INTEREST: (
        "Recognised legitimate interest (not for public bodies)"
    ),
}
GOT_FROM = {
    "": "Nobody has said",
    "self": "From themselves",
    "other": "From somebody else",
    "published": "From something published",
}
SORTS = {"name": "Name", "added": "Added last", "contacted": "Contacted last"}


def reach(person: Person, ways: Collection[ContactChannel]) -> list[str]:
    """By what of these somebody is reached, with their number or address."""
    at = {
        ContactChannel.EMAIL: person.email,
        ContactChannel.PHONE: person.phone,
        ContactChannel.SMS: person.phone,
    }
    return [
        f"{name}: {at[channel]}" if at.get(channel) else name
        for channel, name in CHANNELS.items()
        if channel in ways
    ]

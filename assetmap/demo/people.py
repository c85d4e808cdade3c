"""The teams, partners and users of the demo. Their addresses end in .example and reach nobody."""

from dataclasses import dataclass

POLICE = "Alderbrook Neighbourhood Team"
COUNCIL = "Alderbrook Borough Council Communities"
VOLUNTARY = "Alderbrook Voluntary Action"
REGISTER = "Alderbrook register"  # of the body that keeps it: for all of it, not for records


@dataclass(frozen=True)
class DemoTeam:
    """A team that owns records; `logger` is the e-mail of the user who logs for it."""

    name: str
    logger: str


@dataclass(frozen=True)
class DemoPartner:
    """An organisation that findings may be assigned to."""

    name: str
    email: str


@dataclass(frozen=True)
class DemoUser:
    """Somebody who can sign in. `memberships` are (team, role) pairs."""

    email: str
    name: str
    memberships: tuple[tuple[str, str], ...]


TEAMS = (
    DemoTeam(POLICE, "local@demo.example"),
    DemoTeam(COUNCIL, "organiser@demo.example"),
    DemoTeam(VOLUNTARY, "organiser@demo.example"),
)
PARTNERS = (
    DemoPartner("Alderbrook Borough Council Streets", "streets@council.example"),
    DemoPartner("Alder Homes", "repairs@alderhomes.example"),
    DemoPartner("Alder Valley Fire and Rescue", "prevention@alderfire.example"),
    DemoPartner("Alderbrook Voluntary Action", "hello@ava.example"),
    DemoPartner("Alderbrook Police", "neighbourhood@alderpolice.example"),
)
PARTNER_FOR = {
    "council": PARTNERS[0].name,
    "landlord": PARTNERS[1].name,
    "fire": PARTNERS[2].name,
    "vcs": PARTNERS[3].name,
    "police": PARTNERS[4].name,
    "team": None,
}
# who invites people to events, and was named to them as such
INVITE_TOGETHER = (PARTNERS[4].name, PARTNERS[0].name, PARTNERS[3].name)
USERS = (
    DemoUser("local@demo.example", "Local team member", ((POLICE, "editor"),)),
    DemoUser("partner@demo.example", "Partner at a desk", ((VOLUNTARY, "viewer"),)),
    DemoUser(
        "organiser@demo.example",
        "Event organiser",
        ((COUNCIL, "organiser"), (VOLUNTARY, "organiser"), (POLICE, "organiser")),
    ),
    DemoUser("receiver@demo.example", "Receiving officer", ((POLICE, "approver"),)),
    DemoUser(
        "officer@demo.example",
        "Data officer",
        ((COUNCIL, "data_officer"), (REGISTER, "data_officer")),
    ),
    DemoUser("auditor@demo.example", "Auditor", ((COUNCIL, "auditor"), (REGISTER, "auditor"))),
    DemoUser("admin@demo.example", "Administrator", ((COUNCIL, "admin"), (REGISTER, "admin"))),
)
LOGGERS = {team.name: team.logger for team in TEAMS}

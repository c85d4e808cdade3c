"""The nouns of the register. Importing this loads every table."""

from assetmap.models.agreement import SharingAgreement
from assetmap.models.area import Area, EntryArea, EntryCovers, Postcode
from assetmap.models.asset import Asset, Group
from assetmap.models.audit import AuditAnchor, AuditEntry, AuditHead, AuditSubject, AuditTeam
from assetmap.models.category import Category, CategoryChange, CategoryMapping
from assetmap.models.engagement import Engagement
from assetmap.models.entry import Entry, Link, SearchWord, SearchWordCut
from assetmap.models.finding import Finding
from assetmap.models.history import Attachment, History, Import, Merge
from assetmap.models.hotspot import Hotspot
from assetmap.models.offer import Offer
from assetmap.models.people import ApiToken, Membership, Partner, SignInLink, Team, User
from assetmap.models.sessions import Authenticator, RecoveryCode, UserSession
from assetmap.models.walkabout import Walkabout

__all__ = [
    "ApiToken",
    "Area",
    "Asset",
    "Attachment",
    "AuditAnchor",
    "AuditEntry",
    "AuditHead",
    "AuditSubject",
    "AuditTeam",
    "Authenticator",
    "Category",
    "CategoryChange",
    "CategoryMapping",
    "Engagement",
    "Entry",
    "EntryArea",
    "EntryCovers",
    "Finding",
    "Group",
    "History",
    "Hotspot",
    "Import",
    "Link",
    "Membership",
    "Merge",
    "Offer",
    "Partner",
    "Postcode",
    "RecoveryCode",
    "SearchWord",
    "SearchWordCut",
    "SharingAgreement",
    "SignInLink",
    "Team",
    "User",
    "UserSession",
    "Walkabout",
]

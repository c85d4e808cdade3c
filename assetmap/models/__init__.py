"""The nouns of the register. Importing this loads every table."""

from assetmap.models.action import Action, Telling
from assetmap.models.action_report import ActionReport
from assetmap.models.agreement import SharingAgreement
from assetmap.models.area import Area, EntryArea, EntryCovers, Postcode
from assetmap.models.asset import Asset, Group
from assetmap.models.audit import (
    AuditAnchor,
    AuditEntry,
    AuditHead,
    AuditSaid,
    AuditSubject,
    AuditTeam,
)
from assetmap.models.category import Category, CategoryChange, CategoryMapping
from assetmap.models.collection import Collection, CollectionItem
from assetmap.models.consent import Consent, Notice, Suppression
from assetmap.models.counter import Counter, CounterDay
from assetmap.models.data_version import DataVersion
from assetmap.models.engagement import Engagement
from assetmap.models.entry import Entry, Link, SearchWord, SearchWordCut
from assetmap.models.event_arrival import EventArrival
from assetmap.models.event_budget import EventCost, EventPaper
from assetmap.models.event_contact import EventContact
from assetmap.models.event_guest import EventGuest
from assetmap.models.event_part import EventPart
from assetmap.models.event_table import EventHelper, EventNote, EventTable
from assetmap.models.feed_address import FeedAddress
from assetmap.models.finding import Finding
from assetmap.models.help_request import HelpAsk, HelpRequest
from assetmap.models.history import Attachment, History, Import, Merge
from assetmap.models.hotspot import Hotspot
from assetmap.models.invite_approval import InviteApproval
from assetmap.models.invite_list import Invitation, InviteAct, InviteList, InviteSnapshot
from assetmap.models.invite_panel import InvitePanel, InvitePlace
from assetmap.models.invite_reply import InviteReply
from assetmap.models.letter import Letter
from assetmap.models.map_cell import MapCell
from assetmap.models.monitoring import Monitoring, MonitoringCount, MonitoringSheet
from assetmap.models.offer import Offer
from assetmap.models.paper_pack import PaperPack
from assetmap.models.people import (
    ApiToken,
    Membership,
    Partner,
    SignInLink,
    Team,
    User,
    WorkAccount,
)
from assetmap.models.person import Person, PersonRole
from assetmap.models.plan_item import PlanItem
from assetmap.models.poll import Poll, PollAnswer
from assetmap.models.population import Population, PopulationProfile
from assetmap.models.proposal import Claim, Proposal
from assetmap.models.receipt import Receipt
from assetmap.models.referral import Referral, ReferralPhoto
from assetmap.models.retention import (
    RetentionDecision,
    RetentionItem,
    RetentionRule,
    RetentionRun,
)
from assetmap.models.rich_picture import PictureRegion, RichPicture
from assetmap.models.saved_search import SavedSearch
from assetmap.models.search_alert import SearchAlert, SearchFeed
from assetmap.models.sessions import Authenticator, RecoveryCode, UserSession
from assetmap.models.subject_request import SubjectHit, SubjectRequest
from assetmap.models.survey import Survey, SurveyAnswer
from assetmap.models.track import Track
from assetmap.models.walkabout import Walkabout

__all__ = [
    "Action",
    "ActionReport",
    "ApiToken",
    "Area",
    "Asset",
    "Attachment",
    "AuditAnchor",
    "AuditEntry",
    "AuditHead",
    "AuditSaid",
    "AuditSubject",
    "AuditTeam",
    "Authenticator",
    "Category",
    "CategoryChange",
    "CategoryMapping",
    "Claim",
    "Collection",
    "CollectionItem",
    "Consent",
    "Counter",
    "CounterDay",
    "DataVersion",
    "Engagement",
    "Entry",
    "EntryArea",
    "EntryCovers",
    "EventArrival",
    "EventContact",
    "EventCost",
    "EventGuest",
    "EventHelper",
    "EventNote",
    "EventPaper",
    "EventPart",
    "EventTable",
    "FeedAddress",
    "Finding",
    "Group",
    "HelpAsk",
    "HelpRequest",
    "History",
    "Hotspot",
    "Import",
    "Invitation",
    "InviteAct",
    "InviteApproval",
    "InviteList",
    "InvitePanel",
    "InvitePlace",
    "InviteReply",
    "InviteSnapshot",
    "Letter",
    "Link",
    "MapCell",
    "Membership",
    "Merge",
    "Monitoring",
    "MonitoringCount",
    "MonitoringSheet",
    "Notice",
    "Offer",
    "PaperPack",
    "Partner",
    "Person",
    "PersonRole",
    "PictureRegion",
    "PlanItem",
    "Poll",
    "PollAnswer",
    "Population",
    "PopulationProfile",
    "Postcode",
    "Proposal",
    "Receipt",
    "RecoveryCode",
    "Referral",
    "ReferralPhoto",
    "RetentionDecision",
    "RetentionItem",
    "RetentionRule",
    "RetentionRun",
    "RichPicture",
    "SavedSearch",
    "SearchAlert",
    "SearchFeed",
    "SearchWord",
    "SearchWordCut",
    "SharingAgreement",
    "SignInLink",
    "SubjectHit",
    "SubjectRequest",
    "Suppression",
    "Survey",
    "SurveyAnswer",
    "Team",
    "Telling",
    "Track",
    "User",
    "UserSession",
    "Walkabout",
    "WorkAccount",
]

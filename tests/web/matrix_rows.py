"""Who may ask for each route: the rows that `test_matrix` holds the map of addresses against."""

from collections.abc import Mapping
from dataclasses import dataclass

from assetmap.access import KEEPERS, WRITERS
from assetmap.vocabulary import KIND_OF_PLURAL, Kind, Role

EVERYBODY = ("public", "loner", "colleague", "partner", "agreed", *(role.value for role in Role))
TEAM = frozenset(role.value for role in Role)
READERS = TEAM - {"analyst"}  # of contacts
ORGANISERS = frozenset({"editor", "organiser"})
EDITORS, OFFICERS, ADMINS = frozenset({"editor"}), frozenset({"data_officer"}), frozenset({"admin"})
LOGGERS = frozenset(role.value for role in WRITERS)
KEEP_PEOPLE = frozenset({"editor", "organiser", "data_officer"})
AUDITORS = frozenset({"auditor", "data_officer"})
RECEIVERS = frozenset({"approver", "data_officer"})
SEES: Mapping[str, frozenset[str]] = {
    "public": frozenset(EVERYBODY),
    "partner": TEAM | {"colleague", "agreed"},
    "team": TEAM,
    "restricted": frozenset(role.value for role in KEEPERS),
}
OTHER_KINDS = tuple(kind.plural for kind in Kind if kind is not Kind.ASSET)
NAMED = "Somebody Whom The Team Knows"
INSIDE = "Said among ourselves"
REFUSED = (400, 401, 403, 404, 405, 409, 412, 415, 422, 428)


@dataclass(frozen=True)
class Row:
    """A route. to: whom it is open to beside having to see the entry; address: how to ask it."""

    to: frozenset[str] = frozenset(EVERYBODY)
    address: str = ""
    lists: tuple[str, ...] = ()  # kinds whose entries it must show to whom may see them


CODES = "/<any(engagements, assets, groups):plural>/<uuid:uid>/codes/"
PICTURE = "/engagements/<uuid:uid>/pictures/<uuid:picture>"
_OF_REGIONS = tuple(f"/regions/<uuid:region>/{end}" for end in ("remove", "finding"))
_OF_THE_TEAM = (
    "tables/ pictures/ notes/ ideas/ venue/ write-up/ write-up.docx door/ groups/ budget/ plan/"
)
_SENT_BY_THE_TEAM = (
    "venue/ venue/give-up tables/ tables/clear door/ door/take-back door/settle"
    " groups/ groups/let-go met/ met/let-go"
)
ALL = Row()
SIGNED_IN = Row(frozenset(EVERYBODY) - {"public"})
PAGES: Mapping[str, Row] = {
    "/": Row(address="/?text=marker&kind=asset&status=any", lists=("assets",)),
    "/search": Row(address="/search?text=marker&kind=finding&status=any", lists=("findings",)),
    "/search.<any(csv,geojson,gpkg):form>": Row(
        address="/search.csv?text=marker&status=any", lists=tuple(KIND_OF_PLURAL)
    ),
    "/<any(assets,groups,offers,findings,walkabouts,engagements,hotspots):plural>"
    ".<any(csv,geojson,gpkg):form>": Row(address="/offers.geojson?status=any", lists=("offers",)),
    "/api/entries.csv": Row(
        address="/api/entries.csv?text=marker&status=any", lists=tuple(KIND_OF_PLURAL)
    ),
    "/api/entries.geojson": Row(
        address="/api/entries.geojson?kind=offer&status=any", lists=("offers",)
    ),
    "/walk/": ALL,
    "/walk/manifest.webmanifest": ALL,
    "/walk/rescue": SIGNED_IN,
    "/walk/sw.js": ALL,
    "/walkabouts/<uuid:uid>/board": Row(SIGNED_IN.to, "/walkabouts/{public_walkabout}/board"),
    "/walkabouts/<uuid:uid>/board/logged.csv": Row(
        SIGNED_IN.to, "/walkabouts/{public_walkabout}/board/logged.csv"
    ),
    "/walkabouts/<uuid:uid>/next": Row(SIGNED_IN.to, "/walkabouts/{public_walkabout}/next"),
    "/walkabouts/<uuid:uid>/tracks": Row(LOGGERS, "/walkabouts/{public_walkabout}/tracks"),
    "/walkabouts/<uuid:uid>/tracks.gpx": Row(LOGGERS, "/walkabouts/{public_walkabout}/tracks.gpx"),
    "/walkabouts/<uuid:uid>/rekey": Row(LOGGERS, "/walkabouts/{public_walkabout}/rekey"),
    "/walkabouts/<uuid:uid>/rekeyed": Row(LOGGERS, "/walkabouts/{public_walkabout}/rekeyed"),
    "/walkabouts/<uuid:uid>/pack.html": Row(SIGNED_IN.to, "/walkabouts/{walk_with_area}/pack.html"),
    "/walkabouts.csv": Row(lists=("walkabouts",)),
    "/engagements.csv": Row(lists=("engagements",)),
    "/hotspots.csv": Row(lists=("hotspots",)),
    "/account/": SIGNED_IN,
    "/account/authenticator": SIGNED_IN,
    "/add": Row(LOGGERS),
    "/engagements/<uuid:uid>/said": Row(address="/engagements/{public_engagement}/said"),
    "/engagements/<uuid:uid>/said/new": Row(
        ORGANISERS, "/engagements/{public_engagement}/said/new"
    ),
    "/engagements/<uuid:uid>/said/<uuid:action>/edit": Row(
        ORGANISERS, "/engagements/{public_engagement}/said/{action}/edit"
    ),
    "/engagements/<uuid:uid>/told": Row(ORGANISERS, "/engagements/{public_engagement}/told"),
    "/engagements/start": Row(LOGGERS),
    "/engagements/<uuid:uid>/since": Row(address="/engagements/{public_engagement}/since"),
    "/engagements/<uuid:uid>/running/": Row(address="/engagements/{public_engagement}/running/"),
    "/engagements/<uuid:uid>/running/new": Row(
        ORGANISERS, "/engagements/{public_engagement}/running/new"
    ),
    "/engagements/<uuid:uid>/running/<uuid:part>/edit": Row(
        ORGANISERS, "/engagements/{public_engagement}/running/{part}/edit"
    ),
    **{
        f"/engagements/<uuid:uid>/{page}": Row(TEAM, f"/engagements/{{public_engagement}}/{page}")
        for page in _OF_THE_TEAM.split()
    },
    "/engagements/<uuid:uid>/met/": Row(READERS, "/engagements/{public_engagement}/met/"),
    "/api/engagements/<uuid:uid>/met": Row(READERS, "/api/engagements/{public_engagement}/met"),
    "/engagements/<uuid:uid>/tables/<int:number>": Row(
        ORGANISERS, "/engagements/{public_engagement}/tables/1"
    ),
    PICTURE: Row(TEAM, "/engagements/{public_engagement}/pictures/{picture}"),
    "/engagements/<uuid:uid>/notes/<uuid:note>": Row(
        LOGGERS, "/engagements/{public_engagement}/notes/{noted}"
    ),
    "/engagements/<uuid:uid>/budget/<any(costs, papers):sort>/new": Row(
        ORGANISERS, "/engagements/{public_engagement}/budget/papers/new"
    ),
    "/engagements/<uuid:uid>/budget/<any(costs, papers):sort>/<uuid:line>": Row(
        ORGANISERS, "/engagements/{public_engagement}/budget/costs/{line}"
    ),
    "/engagements/<uuid:uid>/plan/<int:number>": Row(
        ORGANISERS, "/engagements/{public_engagement}/plan/3"
    ),
    "/api/engagements/<uuid:uid>/asked": Row(TEAM, "/api/engagements/{public_engagement}/asked"),
    "/api/engagements/<uuid:uid>/plan": Row(TEAM, "/api/engagements/{public_engagement}/plan"),
    "/engagements/calendar.ics": ALL,
    # whoever knows a secret sees what its owner sees: tests/web/test_calendars.py
    "/engagements/mine/<secret>.ics": Row(frozenset(), "/engagements/mine/nobody.ics"),
    "/engagements/<uuid:uid>/event.ics": Row(address="/engagements/{public_engagement}/event.ics"),
    "/engagements/<uuid:uid>/survey/": Row(TEAM, "/engagements/{public_engagement}/survey/"),
    "/engagements/<uuid:uid>/survey.csv": Row(TEAM, "/engagements/{public_engagement}/survey.csv"),
    "/engagements/<uuid:uid>/survey/edit": Row(
        ORGANISERS, "/engagements/{public_engagement}/survey/edit"
    ),
    "/engagements/<uuid:uid>/survey/sheet": Row(TEAM, "/engagements/{asked_at}/survey/sheet"),
    "/engagements/<uuid:uid>/survey/typed": Row(LOGGERS, "/engagements/{asked_at}/survey/typed"),
    "/engagements/<uuid:uid>/door/sheet": Row(TEAM, "/engagements/{public_engagement}/door/sheet"),
    "/engagements/<uuid:uid>/who-came/": Row(TEAM, "/engagements/{public_engagement}/who-came/"),
    "/who-came/<code>": Row(address="/who-came/{who_came}"),
    CODES: Row(TEAM, "/engagements/{public_engagement}/codes/"),
    "/at/<code>": Row(address="/at/{counter}"),
    "/engagements/<uuid:uid>/polls/": Row(TEAM, "/engagements/{public_engagement}/polls/"),
    "/engagements/<uuid:uid>/polls/wall": Row(TEAM, "/engagements/{public_engagement}/polls/wall"),
    "/poll/": ALL,
    "/poll/<code>": Row(address="/poll/{poll}"),
    "/answer/<code>": Row(address="/answer/{survey}"),
    "/api/engagements/<uuid:uid>/running": Row(
        address="/api/engagements/{public_engagement}/running"
    ),
    "/api/engagements/<uuid:uid>/pictures": Row(
        TEAM, "/api/engagements/{public_engagement}/pictures"
    ),
    "/api/engagements/<uuid:uid>/tables": Row(TEAM, "/api/engagements/{public_engagement}/tables"),
    "/api/engagements/<uuid:uid>/notes": Row(TEAM, "/api/engagements/{public_engagement}/notes"),
    "/api/engagements/<uuid:uid>/survey": Row(TEAM, "/api/engagements/{asked_at}/survey"),
    "/api/walk/events": SIGNED_IN,
    "/engagements/<uuid:uid>/said/<uuid:action>/progress": Row(
        ORGANISERS, "/engagements/{public_engagement}/said/{action}/progress"
    ),
    "/consultations/": ALL,
    "/api/consultations": ALL,
    "/report-back/": SIGNED_IN,
    "/report-back/<any(owed,promised):which>.csv": Row(SIGNED_IN.to, "/report-back/owed.csv"),
    "/api/engagements/<uuid:uid>/actions": Row(
        address="/api/engagements/{public_engagement}/actions"
    ),
    "/agreements/": SIGNED_IN,
    "/agreements/new": Row(OFFICERS),
    "/agreements/<uuid:uid>": Row(AUDITORS | {"agreed"}, "/agreements/{agreement}"),
    "/agreements/<uuid:uid>/edit": Row(OFFICERS, "/agreements/{draft}/edit"),
    "/api/areas": ALL,
    "/api/categories": ALL,
    "/api/contacts": SIGNED_IN,
    "/api/contacts/<uuid:uid>": Row(READERS, "/api/contacts/{person}"),
    "/api/proposals": SIGNED_IN,
    "/api/proposals/<uuid:uid>": Row(EDITORS, "/api/proposals/{proposal}"),
    "/api/docs": ALL,
    "/api/walk/packs/<uuid:uid>": Row(
        SIGNED_IN.to, "/api/walk/packs/{public_walkabout}?near=-1.92,53.735"
    ),
    "/api/walk/receipts/<uuid:device>": Row(
        SIGNED_IN.to, "/api/walk/receipts/01a1fd59-b4d5-7f99-8f7e-cc3ed24ad11f"
    ),
    "/api/walk/session": SIGNED_IN,
    "/api/walk/walkabouts": SIGNED_IN,
    "/api/openapi.json": ALL,
    "/api/entries": Row(
        address="/api/entries?text=marker&status=any&limit=100", lists=tuple(KIND_OF_PLURAL)
    ),
    "/api/map": Row(address="/api/map?bbox=-3,53,-1,54&zoom=18&status=any"),
    "/areas/": ALL,
    "/areas/<path:code>": Row(address="/areas/E05000001"),
    "/audit/": Row(AUDITORS),
    "/contacts/": SIGNED_IN,
    "/contacts/new": Row(LOGGERS | OFFICERS, "/contacts/new?at=nothing"),
    "/contacts/notices": SIGNED_IN,
    "/contacts/<uuid:uid>": Row(READERS, "/contacts/{person}"),
    "/contacts/<uuid:uid>/agree": Row(KEEP_PEOPLE, "/contacts/{person}/agree"),
    "/contacts/<uuid:uid>/change": Row(KEEP_PEOPLE, "/contacts/{person}/change"),
    "/audit.csv": Row(AUDITORS),
    "/basemap.pmtiles": ALL,
    "/categories/": ALL,
    "/categories/<any(asset, offer, finding):scheme>.csv": Row(address="/categories/asset.csv"),
    "/categories/<any(asset, offer, finding):scheme>/": Row(address="/categories/asset/"),
    "/categories/<any(asset, offer, finding):scheme>/<code>": Row(
        address="/categories/asset/pla_hall"
    ),
    "/categories/<any(asset, offer, finding):scheme>/<code>"
    "/<any(rename, move, merge, deprecate, restore):verb>": Row(
        ADMINS, "/categories/asset/pla_hall/rename"
    ),
    "/categories/<any(asset, offer, finding):scheme>/new-term": Row(
        ADMINS, "/categories/asset/new-term"
    ),
    "/categories/changes": SIGNED_IN,
    "/claims/new": Row(EDITORS, "/claims/new?entry={team_a}"),
    "/health": ALL,
    "/imports/": Row(LOGGERS),
    "/help-requests/": SIGNED_IN,
    "/help-requests/new": Row(LOGGERS),
    "/help-requests/<uuid:uid>": Row(READERS, "/help-requests/{help}"),
    "/help-requests/<uuid:uid>/edit": Row(LOGGERS, "/help-requests/{help}/edit"),
    "/help-requests/<uuid:uid>/choose": Row(LOGGERS, "/help-requests/{help}/choose"),
    "/api/help-requests": SIGNED_IN,
    "/api/help-requests/<uuid:uid>": Row(READERS, "/api/help-requests/{help}"),
    "/api/help-requests/<uuid:uid>/offers": Row(LOGGERS, "/api/help-requests/{help}/offers"),
    "/invite-lists/": SIGNED_IN,
    **{
        f"{at}<uuid:uid>{end}": Row(READERS, f"{at}{{invited}}{end}")
        for at in ("/invite-lists/", "/api/invite-lists/")
        for end in ("", "/changes", "/approval", "/answers", "/missing")
    },
    "/invite-lists/new": Row(ORGANISERS),
    "/invite-lists/<uuid:uid>/edit": Row(ORGANISERS, "/invite-lists/{invited}/edit"),
    "/invite-lists/<uuid:uid>/take": Row(READERS, "/invite-lists/{invited}/take"),
    "/invite-lists/<uuid:uid>/people.<any(csv, xlsx, vcf):ending>": Row(
        READERS, "/invite-lists/{invited}/people.csv"
    ),
    "/invite-lists/<uuid:uid>/sheets/<any(phone, doorstep, letters, labels):sheet>": Row(
        READERS, "/invite-lists/{invited}/sheets/doorstep"
    ),
    "/invite-lists/<uuid:uid>/sheets/<any(letters, labels):sheet>.pdf": Row(
        READERS, "/invite-lists/{invited}/sheets/labels.pdf"
    ),
    "/invite-lists/<uuid:uid>/send": Row(ORGANISERS, "/invite-lists/{invited}/send"),
    "/invite-lists/<uuid:uid>/letters": Row(ORGANISERS, "/invite-lists/{invited}/letters"),
    "/invite-lists/<uuid:uid>/balance": Row(READERS, "/invite-lists/{invited}/balance"),
    "/api/invite-lists/<uuid:uid>/panels": Row(READERS, "/api/invite-lists/{invited}/panels"),
    "/api/invite-lists": SIGNED_IN,
    "/saved-searches/": SIGNED_IN,
    "/saved-searches/new": Row(SIGNED_IN.to, "/saved-searches/new?search=text%3Dmarker"),
    "/saved-searches/<uuid:uid>": Row(TEAM, "/saved-searches/{saved}"),
    "/saved-searches/<uuid:uid>/edit": Row(EDITORS | ADMINS, "/saved-searches/{saved}/edit"),
    "/saved-searches/<uuid:uid>/news": Row(TEAM, "/saved-searches/{saved}/news"),
    "/saved-searches/feeds/<secret>.atom": Row(frozenset(), "/saved-searches/feeds/nobody.atom"),
    "/collections/": SIGNED_IN,
    "/collections/new": SIGNED_IN,
    "/collections/add": Row(SIGNED_IN.to, "/collections/add?entry={team_a}"),
    "/collections/<uuid:uid>": Row(TEAM, "/collections/{collected}"),
    "/collections/<uuid:uid>/edit": Row(EDITORS | ADMINS, "/collections/{collected}/edit"),
    "/api/collections": SIGNED_IN,
    "/api/collections/<uuid:uid>": Row(TEAM, "/api/collections/{collected}"),
    "/api/saved-searches": SIGNED_IN,
    "/api/saved-searches/<uuid:uid>": Row(TEAM, "/api/saved-searches/{saved}"),
    "/merges/new": Row(EDITORS, "/merges/new?keep={team_a}&gone={team_b}"),
    "/partners/": Row(ADMINS),
    "/people/": Row(ADMINS),
    "/proposals/": SIGNED_IN,
    "/proposals/<uuid:uid>": Row(EDITORS, "/proposals/{proposal}"),
    "/proposals/new": ALL,
    "/places": Row(address="/places?q=marker"),
    "/requests/": Row(AUDITORS),
    "/requests/new": Row(OFFICERS),
    "/requests/<uuid:uid>": Row(AUDITORS, "/requests/{asked}"),
    "/your-details/": ALL,
    "/retention/": Row(AUDITORS),
    "/retention/<uuid:uid>": Row(AUDITORS, "/retention/{run}"),
    "/referrals/": Row(RECEIVERS),
    "/referrals/new": Row(LOGGERS | RECEIVERS),
    "/referrals/passed-on": SIGNED_IN,
    "/sign-in": ALL,
    "/stop/<token>": Row(address="/stop/{stop}"),
}
OF_AN_ENTRY: Mapping[str, frozenset[str]] = {  # below the address of an entry
    "": frozenset(EVERYBODY),
    "/edit": EDITORS,
    "/links": LOGGERS,
    "/logged": frozenset(EVERYBODY) - {"public"},
    "/photos": LOGGERS,
    "/same": LOGGERS,
    "/voice-notes": LOGGERS,
    "/state": EDITORS,
    "/suggest": frozenset(EVERYBODY),
    "/withdraw": EDITORS,
}
OPEN_OF_AN_ENTRY = ("", "/suggest")
MORE_OF_AN_ENTRY = {"/edit": {"organiser": ("walkabouts", "engagements"), "analyst": ("hotspots",)}}
READ_BY_PROGRAMS = (
    "/api/{plural}/{uid}",
    "/api/entries/{uid}/history",
    "/api/entries/{uid}/provenance",
)
SENT = (
    *("again", "bring-back", "check", "edit", "links", "photos"),
    *("reason", "state", "suggest", "unlink", "withdraw"),
)
WRITES: Mapping[str, tuple[str, ...]] = {  # rules that write to an entry: their methods
    **{f"/{{plural}}/<uuid:uid>/{end}": ("POST",) for end in SENT},
    "/api/{plural}/<uuid:uid>": ("PUT", "PATCH", "DELETE"),
    "/api/entries/<uuid:uid>/photos/<uuid:photo>": ("PUT",),
    "/api/entries/<uuid:uid>/voice-notes/<uuid:note>": ("PUT",),
    **{
        f"/{{plural}}/<uuid:uid>/voice-notes/<uuid:note>/{end}": ("POST",)
        for end in ("words", "remove", "put-back")
    },
    "/api/walkabouts/<uuid:uid>/tracks/<uuid:track>": ("PUT", "DELETE"),
    "/walkabouts/<uuid:uid>/board": ("POST",),
    "/walkabouts/<uuid:uid>/board/undo": ("POST",),
    "/walkabouts/<uuid:uid>/tracks": ("POST",),
    **{f"/walkabouts/<uuid:uid>/{end}": ("POST",) for end in ("rekey", "rekeyed")},
    "/walkabouts/<uuid:uid>/tracks/<uuid:track>/remove": ("POST",),
    "/engagements/<uuid:uid>/said/new": ("POST",),
    **{
        f"/engagements/<uuid:uid>/said/<uuid:action>/{end}": ("POST",)
        for end in ("edit", "remove", "put-back")
    },
    "/engagements/<uuid:uid>/plan/<int:number>": ("POST",),
    **{f"/engagements/<uuid:uid>/{end}": ("POST",) for end in _SENT_BY_THE_TEAM.split()},
    "/api/engagements/<uuid:uid>/met/<uuid:met>": ("PUT",),
    **{
        f"/engagements/<uuid:uid>/budget/<any(costs, papers):sort>/{end}": ("POST",)
        for end in ("new", "<uuid:line>", "<uuid:line>/remove", "<uuid:line>/put-back")
    },
    "/engagements/<uuid:uid>/tables/<int:number>": ("POST",),
    "/engagements/<uuid:uid>/notes/": ("POST",),
    **{
        f"/engagements/<uuid:uid>/notes/<uuid:note>{end}": ("POST",)
        for end in ("", "/remove", "/put-back")
    },
    "/engagements/<uuid:uid>/pictures/": ("POST",),
    **{f"{PICTURE}{end}": ("POST",) for end in ("", "/withdraw", "/regions", *_OF_REGIONS)},
    f"/api{PICTURE}": ("PUT", "DELETE"),
    **{f"/api{PICTURE}/parts/<uuid:part>{end}": ("PUT",) for end in ("", "/finding")},
    "/engagements/<uuid:uid>/notes/photos": ("POST",),
    "/engagements/<uuid:uid>/notes/photos/<uuid:photo>/remove": ("POST",),
    "/engagements/<uuid:uid>/ideas/<uuid:note>": ("POST",),
    "/engagements/<uuid:uid>/running/new": ("POST",),
    "/engagements/<uuid:uid>/running/<uuid:part>/<any(earlier, later):where>": ("POST",),
    **{
        f"/engagements/<uuid:uid>/running/<uuid:part>/{end}": ("POST",)
        for end in ("edit", "remove", "put-back")
    },
    "/api/engagements/<uuid:uid>/plan/<int:number>": ("PUT",),
    "/api/engagements/<uuid:uid>/survey": ("PUT",),
    "/api/engagements/<uuid:uid>/running/<uuid:part>": ("PUT",),
    "/api/engagements/<uuid:uid>/tables/<int:number>": ("PUT",),
    "/api/engagements/<uuid:uid>/notes/<uuid:note>": ("PUT",),
    **{f"/engagements/<uuid:uid>/survey/{end}": ("POST",) for end in ("edit", "typed", "draw")},
    "/engagements/<uuid:uid>/who-came/<any(open, close):act>": ("POST",),
    CODES: ("POST",),
    f"{CODES}<uuid:counter>/<any(up, down):way>": ("POST",),
    "/engagements/<uuid:uid>/polls/": ("POST",),
    "/engagements/<uuid:uid>/polls/<uuid:poll>/<any(open, close, remove, 'put-back'):act>": (
        "POST",
    ),
    "/engagements/<uuid:uid>/told": ("POST",),
    "/engagements/<uuid:uid>/told/<uuid:telling>/take-back": ("POST",),
    "/api/engagements/<uuid:uid>/actions/<uuid:action>": ("PUT",),
    "/api/engagements/<uuid:uid>/told/<uuid:telling>": ("PUT",),
    "/api/engagements/<uuid:uid>/actions/<uuid:action>/progress/<uuid:report>": ("PUT",),
    "/engagements/<uuid:uid>/said/<uuid:action>/progress": ("POST",),
    "/api/entries/<uuid:uid>/check": ("POST",),
    "/api/entries/<uuid:uid>/links": ("POST", "DELETE"),
    "/api/entries/<uuid:uid>/status": ("POST",),
}
# told apart by tests of their own: what has another key than an entry's, and what holds no entries
ELSEWHERE = (
    "/api/entries.gpkg",  # no text: the same hits as the other files, tests/api/test_files.py
    *("/files/<uuid:uid>", "/api/files/<uuid:uid>"),  # who asked for it: tests/web/test_parcels.py
    *("/imports/<uuid:uid>", "/merges/<uuid:uid>", "/people/<uuid:uid>", "/photos/<uuid:uid>.jpg"),
    "/voice-notes/<uuid:uid>",
    *(
        "/contacts",
        "/api/contacts",
        "/api/proposals",
        "/stop/",
        *("/reply/", "/came/"),  # tests/web/test_invite_answers.py
        *("/answer/", "/poll/", "/who-came/", "/at/"),
    ),
    *("/invite-lists/", "/api/invite-lists/", "/help-requests/", "/api/help-requests/"),
    "/helping/",  # tests/web/test_help_requests.py
    *("/saved-searches/", "/api/saved-searches/", "/stop-alert/"),
    *("/collections/", "/api/collections/"),
    *("/account/", "/agreements/", "/look-as", "/partners/", "/people/", "/imports/", "/merges/"),
    *("/referrals/", "/api/walk/maps/"),
    *("/sign-in", "/sign-out", "/s/<version>", "/categories/<any(", "/search.<any(", "/<any("),
    *("/walkabouts.csv", "/engagements.csv", "/hotspots.csv"),
    "/walkabouts/<uuid:uid>/board/logged.csv",
    *("/audit.csv", "/retention/", "/requests/", "/your-details/", "/proposals/", "/claims/"),
)

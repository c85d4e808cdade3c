"""Puts the service together. The only module that may import everything."""

from collections.abc import Mapping
from functools import cache, partial
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import Any

from flask import Flask, Response, request
from jinja2 import (
    ChainableUndefined,
    ChoiceLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Undefined,
    UndefinedError,
)
from jinja2.utils import missing

from assetmap import connections, gate, replica, spatial
from assetmap.api import about, kinds, lists, openapi
from assetmap.api import actions as api_actions
from assetmap.api import asked as api_asked
from assetmap.api import collections as api_collections
from assetmap.api import consultations as api_consultations
from assetmap.api import contacts as api_contacts
from assetmap.api import entries as api_entries
from assetmap.api import event_contacts as api_event_contacts
from assetmap.api import files as api_files
from assetmap.api import help_requests as api_help_requests
from assetmap.api import invite_answers as api_invite_answers
from assetmap.api import invite_approving as api_invite_approving
from assetmap.api import invite_changes as api_invite_changes
from assetmap.api import invite_lists as api_invite_lists
from assetmap.api import invite_missing as api_invite_missing
from assetmap.api import invite_panels as api_invite_panels
from assetmap.api import map as api_map
from assetmap.api import notes as api_notes
from assetmap.api import photos as api_photos
from assetmap.api import pictures as api_pictures
from assetmap.api import plans as api_plans
from assetmap.api import proposals as api_proposals
from assetmap.api import running as api_running
from assetmap.api import saved_searches as api_saved_searches
from assetmap.api import surveys as api_surveys
from assetmap.api import tracks as api_tracks
from assetmap.api import voice_notes as api_voice_notes
from assetmap.api import walk as api_walk
from assetmap.cli.agreements import agreements
from assetmap.cli.areas import areas
from assetmap.cli.audit import audit
from assetmap.cli.categories import categories
from assetmap.cli.contacts import contacts
from assetmap.cli.database import database
from assetmap.cli.demo import demo
from assetmap.cli.doctor import doctor
from assetmap.cli.export import export
from assetmap.cli.group import Commands
from assetmap.cli.imports import groups, imported
from assetmap.cli.jobs import jobs
from assetmap.cli.media import media
from assetmap.cli.partners import partners
from assetmap.cli.postcodes import postcodes
from assetmap.cli.profiles import profiles
from assetmap.cli.referrals import referrals
from assetmap.cli.retention import retention
from assetmap.cli.search import search
from assetmap.cli.serve import serve
from assetmap.cli.users import users
from assetmap.db import db
from assetmap.jobs import consumer
from assetmap.jobs import imports as import_jobs
from assetmap.jobs import panels as panel_jobs
from assetmap.jobs import parcels as parcel_jobs
from assetmap.jobs import retention as retention_jobs
from assetmap.jobs import subject_requests as request_jobs
from assetmap.outside.mail import Mail
from assetmap.outside.queue import Queue
from assetmap.outside.sign_in_provider import SignInProvider
from assetmap.register import (
    audit_reading,
    deployment,
    officers,
    person_access,
    referral_access,
)
from assetmap.settings import Settings
from assetmap.web import (
    account,
    action_reports,
    add,
    api_docs,
    authenticator,
    budget,
    calendars,
    category_changes,
    claims,
    collections,
    consultations,
    contact_acts,
    counters,
    door,
    event_contacts,
    event_series,
    guests,
    help_requests,
    helping,
    invite_answers,
    invite_approving,
    invite_changes,
    invite_files,
    invite_letters,
    invite_lists,
    invite_missing,
    invite_panels,
    invite_quotas,
    labels,
    merges,
    monitoring,
    next_walk,
    notes,
    paper,
    parcels,
    pictures,
    places,
    plans,
    polls,
    proposals,
    provider,
    rekey,
    replying,
    report_back,
    running,
    saved_searches,
    search_news,
    sheets,
    sign_in,
    static_files,
    stopping,
    surveys,
    tables,
    tracks,
    venues,
    walk,
    write_up,
)
from assetmap.web import actions as action_pages
from assetmap.web import agreements as agreement_pages
from assetmap.web import areas as area_pages
from assetmap.web import assets as asset_pages
from assetmap.web import audit as audit_pages
from assetmap.web import board as board_pages
from assetmap.web import categories as category_pages
from assetmap.web import contacts as contact_pages
from assetmap.web import engagements as engagement_pages
from assetmap.web import findings as finding_pages
from assetmap.web import groups as group_pages
from assetmap.web import hotspots as hotspot_pages
from assetmap.web import imports as import_pages
from assetmap.web import look_as as look_as_pages
from assetmap.web import offers as offer_pages
from assetmap.web import own_details as own_detail_pages
from assetmap.web import partners as partner_pages
from assetmap.web import people as people_pages
from assetmap.web import photos as photo_pages
from assetmap.web import referrals as referral_pages
from assetmap.web import retention as retention_pages
from assetmap.web import search as search_page
from assetmap.web import subject_requests as request_pages
from assetmap.web import voice_notes as voice_note_pages
from assetmap.web import walkabouts as walkabout_pages

HELP = "The register of community assets, offers of support and walkabout findings."
PAGES: tuple[Any, ...] = (
    sign_in,
    provider,
    search_page,
    saved_searches,
    search_news,
    collections,
    parcels,
    add,
    area_pages,
    places,
    api_docs,
    category_pages,
    category_changes,
    claims,
    merges,
    asset_pages,
    group_pages,
    offer_pages,
    finding_pages,
    walkabout_pages,
    tracks,
    board_pages,
    next_walk,
    engagement_pages,
    plans,
    venues,
    event_contacts,
    guests,
    help_requests,
    helping,
    invite_answers,
    invite_approving,
    invite_changes,
    invite_files,
    invite_letters,
    invite_lists,
    invite_missing,
    invite_panels,
    invite_quotas,
    replying,
    door,
    write_up,
    budget,
    event_series,
    running,
    tables,
    notes,
    pictures,
    polls,
    surveys,
    sheets,
    monitoring,
    counters,
    calendars,
    action_pages,
    action_reports,
    report_back,
    consultations,
    hotspot_pages,
    photo_pages,
    voice_note_pages,
    import_pages,
    audit_pages,
    account,
    authenticator,
    people_pages,
    partner_pages,
    agreement_pages,
    look_as_pages,
    retention_pages,
    referral_pages,
    proposals,
    contact_pages,
    contact_acts,
    stopping,
    request_pages,
    own_detail_pages,
    walk,
    paper,
    rekey,
)
API: tuple[Any, ...] = (
    *(api_entries, api_files, kinds, api_photos, api_voice_notes, api_map, lists, api_contacts),
    *(api_proposals, api_walk, api_tracks, api_actions, api_plans, api_asked),
    *(api_consultations, api_running, api_notes, api_surveys, api_pictures, api_event_contacts),
    *(api_invite_lists, api_invite_changes, api_invite_missing, api_invite_answers),
    *(api_invite_approving, api_help_requests),
    *(api_invite_panels, api_saved_searches, api_collections, about),
)
COMMANDS: tuple[Any, ...] = (
    database,
    areas,
    postcodes,
    profiles,
    categories,
    users,
    partners,
    agreements,
    contacts,
    audit,
    retention,
    referrals,
    search,
    export,
    demo,
    serve,
    *groups,
    imported,
    media,
    jobs,
)


class StrictNames(Undefined):
    """A misspelt name is an error; a missing key of a dict, or argument of a macro, is empty."""

    def __new__(  # type: ignore[misc]  # it gives one of two kinds
        cls,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
    ) -> Undefined:
        """Strict for a bare name, forgiving for what hangs off something that is there."""
        kind = StrictUndefined if obj is missing and hint is None else ChainableUndefined
        return kind(hint, obj, name, exc)  # type: ignore[arg-type]


def create_app(
    settings: Settings | None = None, *, config: Mapping[str, Any] | None = None
) -> Flask:
    """The service. `settings` come from the environment unless given; `config` is for tests."""
    settings = settings or Settings()
    app = Flask("assetmap", static_folder=None)
    app.config["SQLALCHEMY_ENGINES"] = {
        "default": spatial.engine_url(settings.database_url),
        **replica.engines(settings),
    }
    app.config.update(config or {})
    app.extensions["settings"] = settings
    app.extensions["mail"] = Mail(settings.mail_server, settings.mail_from)
    app.extensions["sign_in_provider"] = SignInProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
    )
    queue = Queue(settings.instance / "jobs.sqlite", immediate=bool(app.config.get("TESTING")))
    app.extensions["queue"] = queue
    app.extensions["start_jobs"] = consumer.start
    import_jobs.register(app, queue)
    panel_jobs.register(app, queue)
    parcel_jobs.register(app, queue)
    retention_jobs.register(app, queue)
    request_jobs.register(app, queue)
    settings.instance.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    # no session of ours is asynchronous, and to close none takes a thread for each request
    app.teardown_appcontext_funcs = [
        close for close in app.teardown_appcontext_funcs if not iscoroutinefunction(close)
    ]
    with app.app_context():
        db.sessionmaker.configure(info=deployment.info(settings))
    app.after_request(_end_reading)  # the first said is the last done
    gate.install(app, settings)
    replica.install(app, settings)
    app.jinja_env.undefined = StrictNames
    # the GOV.UK macros compare with these names
    app.jinja_env.globals.update(undefined=ChainableUndefined(), null=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_loader = ChoiceLoader(
        [
            PackageLoader("assetmap", "templates"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_env.filters["local"] = labels.local
    app.jinja_env.globals.update(
        usual_level=settings.classification,
        handling=settings.handling,
        may_read_audit=audit_reading.may_audit,
        may_see_retention=officers.may_look,
        may_answer_requests=officers.may_work,
        may_pass_on=referral_access.may_pass_on,
        suggestions_waiting=proposals.waiting,
        may_receive=referral_access.may_receive,
        may_know_people=person_access.may_know_anybody,
    )
    static_files.install(app)
    app.extensions["openapi"] = cache(partial(openapi.document, app))
    for module in (*PAGES, *API):
        app.register_blueprint(module.bp)
    for group in COMMANDS:
        app.cli.add_command(group)
    return app


def main() -> None:
    """The `assetmap` command."""
    commands().main(prog_name="assetmap")


def commands() -> Commands:
    """Every command there is. The doctor works also where the service can't be put together."""
    group = Commands(
        create_app=create_app, add_default_commands=False, load_dotenv=False, help=HELP
    )
    group.add_command(doctor)
    return group


def _end_reading(answer: Response) -> Response:
    if request.method in ("GET", "HEAD") and answer.status_code < HTTPStatus.BAD_REQUEST:
        connections.end_reading(db.session)
    return answer

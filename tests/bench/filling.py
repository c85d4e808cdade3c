"""A register of the made-up country, filled as an operator would: by commands, and an agreement
for each team that gives."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from assetmap import spatial
from assetmap.app import create_app
from assetmap.db import db
from assetmap.models import Category, Entry, Partner, Team
from assetmap.register import categories, sign_in
from assetmap.settings import Settings
from tests.bench.country import Country
from tests.make import make_agreement, make_user

ASSETMAP = (sys.executable, "-c", "from assetmap.start import main; main()")
AGREEMENTS = 10


@dataclass(frozen=True)
class Filled:
    """A register ready to be asked. partner, team: bearer tokens; uid: of one public entry."""

    settings: Settings
    partner: str
    team: str
    uid: str
    rows_per_s: float


def command(settings: Settings, *typed: str) -> None:
    """One command on this register."""
    own = {"DATABASE_URL": settings.database_url, "ASSETMAP_INSTANCE": str(settings.instance)}
    subprocess.run([*ASSETMAP, *typed], env=os.environ | own, check=True, stdout=sys.stderr)


def fill(settings: Settings, folder: Path, entries: int, wards: int) -> Filled:
    """Load so many entries and wards into an empty database; files are written into the folder."""
    command(settings, "db", "upgrade")
    app = create_app(settings)
    with app.app_context():
        spatial.writing(db.session)
        categories.load_default(db.session)
        codes = select(Category.code).where(Category.scheme == "asset", Category.level == 2)
        open_ones = codes.where(~Category.route_only).order_by(Category.code)
        country = Country(entries, wards, tuple(db.session.scalars(open_ones)))
        people()
        db.session.commit()
    country.write_wards(folder / "wards.geojson")
    how = ("--type", "ward", "--code", "code", "--name", "name", "--vintage", "2026")
    command(settings, "areas", "load", str(folder / "wards.geojson"), *how)
    took_s = 0.0
    for number, path in enumerate(country.write_entries(folder)):
        team, began = f"Team {number % country.teams}", time.monotonic()
        more = ("--team", team, "--duplicates", "add", "--licence", "made up")
        command(settings, "assets", "import", str(path), *more)
        took_s += time.monotonic() - began
        path.unlink()
    command(settings, "db", "arrange")
    with app.app_context():
        spatial.writing(db.session)
        open_one = select(Entry.uid).where(Entry.visibility == "public").order_by(Entry.id)
        uid = db.session.scalars(open_one.limit(1)).one()
        tokens = [sign_in.make_token(db.session, f"{who}@bench.example") for who in ("in", "out")]
        db.session.commit()
    return Filled(settings, tokens[1], tokens[0], str(uid), entries / took_s)


def people() -> None:
    """Teams of ten bodies, somebody in the first, and a partner who has an agreement with each."""
    session = db.session
    outside = Partner(name="Asking for help", kind="housing")
    session.add(outside)
    session.flush()
    for number in range(AGREEMENTS):
        giver = Partner(name=f"Body {number}", kind="housing")
        session.add(giver)
        session.flush()
        team = Team(name=f"Team {number}", partner_id=giver.id)
        session.add(team)
        session.flush()
        if number == 0:
            make_user(session, team, "editor", "in@bench.example")
        make_agreement(session, outside, giver, title=f"Agreement {number}")
    guests = Team(name="Guests", partner_id=outside.id)
    session.add(guests)
    session.flush()
    make_user(session, guests, "viewer", "out@bench.example")

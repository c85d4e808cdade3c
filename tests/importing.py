"""What tests of imports share: small files, and the way from a file to its entries."""

from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.models import Entry, Import, Team
from assetmap.register import import_mapping, imports
from assetmap.register.import_plan import Plan
from assetmap.schemas.imports import ImportMapping, ImportOptions, StoredImport
from assetmap.vocabulary import Kind

HEAD = "id,name,category,longitude,latitude,phone\n"
ROWS = (
    "a1,St Mary’s Hall,pla_hall,-1.92,53.735,01482 300300\n"
    "a2,Riverside Library,Library,-1.93,53.73,\n"
)


def importer(
    team: Team,
    path: Path,
    kind: Kind = Kind.ASSET,
    mapping: ImportMapping | None = None,
    **options: Any,
) -> imports.Importer:
    table = imports.sniffed(db.session, path, path.name)
    chosen = mapping or import_mapping.guess(db.session, table, kind).mapping
    return imports.Importer(
        db.session,
        table,
        path.name,
        kind,
        chosen,
        ImportOptions(**options),
        path.parent / f"{path.name}.plan",
        OPERATOR,
        team.id,
    )


def run(team: Team, path: Path, kind: Kind = Kind.ASSET, **more: Any) -> tuple[Plan, Import]:
    one = importer(team, path, kind, **more)
    one.plan()
    db.session.rollback()
    spatial.writing(db.session)
    done = imports.begin(
        db.session, kind, path.name, "x", StoredImport(), viewer=OPERATOR, team_id=team.id
    )
    plan = one.carry_out(done)
    db.session.commit()
    spatial.writing(db.session)
    return plan, done


def undo(done: Import) -> Any:
    spatial.writing(db.session)
    _, undone = imports.undo(db.session, done.id, viewer=OPERATOR)
    db.session.commit()
    spatial.writing(db.session)
    return undone


def write(tmp_path: Path, text: str | bytes, name: str = "places.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def counts(plan: Plan) -> dict[str, int]:
    return {outcome: count for outcome, count in plan.counts.items() if count}


def assets(session: Session) -> dict[str, Entry]:
    found = session.scalars(select(Entry).where(Entry.withdrawn_at.is_(None)))
    return {one.title: one for one in found}


def refusals(plan: Plan) -> dict[int, str]:
    return {one.number: one.said for one in plan.samples["refused"]}

"""Imports as a whole: beginning one, planning it, carrying it out, finding it again, undoing it."""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap import access, connections, spatial
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import BadRequest, Conflict, NotAllowed, NotFound
from assetmap.formats import tables
from assetmap.formats.limits import Limits
from assetmap.formats.table import Table
from assetmap.models import Entry, Import, Team
from assetmap.register import deployment, import_writing, map_cells
from assetmap.register.bulk_rows import Lookups
from assetmap.register.import_plan import Plan, Planner, Progress
from assetmap.register.import_rows import RowReader
from assetmap.register.import_writing import Stale, Undone
from assetmap.schemas.imports import ImportMapping, ImportOptions, StoredImport, check
from assetmap.vocabulary import Kind

OVER = ("done", "undone")
CARRIED_OUT = "This import has been carried out. Upload the file again to change it."
LOCK = "imports"
MANY = 5_000  # rows at once
MOST_LISTED = 100
_BLOCK = 1_000_000


def quiet(_said: str, _done: int, _total: int) -> None:
    """Tell nobody how far it has come."""


def sniffed(session: Session, path: Path, filename: str, *, header: bool | None = None) -> Table:
    """A file as a table, within what this deployment allows. Raises Invalid when it is none."""
    most = Limits(rows=deployment.most_import_rows(session))
    return tables.sniff(path, filename, header=header, limits=most)


@dataclass
class Importer:
    """One file on its way into the register.

    `plan`, then, in a transaction that writes, `carry_out`; the door commits. folder: where the
    plan waits. The source is the file's name when nobody says another.
    """

    session: Session
    table: Table
    filename: str
    kind: Kind
    mapping: ImportMapping
    options: ImportOptions
    folder: Path
    viewer: Viewer
    team_id: int
    progress: Progress = quiet
    planned: Plan | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        check(self.mapping, self.kind, self.table.columns)
        access.require_whole_team(self.viewer, self.team_id)
        if not self.options.source:
            self.options = self.options.model_copy(update={"source": self.filename[:120]})

    def plan(self) -> Plan:
        """What would become of each row; nothing is written but files in the folder."""
        reader = RowReader(
            self.session,
            self.kind,
            self.mapping,
            self.options,
            Lookups.load(self.session),
            self.viewer,
            self.team_id,
        )
        planner = Planner(self.session, self.table, reader, self.folder, self.viewer, self.progress)
        self.planned = planner.make()
        return self.planned

    def carry_out(self, done: Import) -> Plan:
        """Write it all, as `done`. Plans again when the register has changed meanwhile."""
        spatial.lock_for_writing(self.session, LOCK)
        plan = self.planned or self.plan()
        try:
            self._write(plan, done)
        except Stale:
            plan = self.plan()
            self._write(plan, done)
        done.status, done.finished_at, done.problem = "done", now(), ""
        done.counts = dict(plan.counts)
        done.source, done.licence = self.options.source, self.options.licence
        self.session.flush()  # what follows shows it
        connections.learn_sizes(self.session)
        _add_up_after(self.session, plan.rows)
        return plan

    def _write(self, plan: Plan, done: Import) -> None:
        import_writing.carry_out(
            self.session, plan, done, viewer=self.viewer, progress=self.progress
        )


def begin(
    session: Session,
    kind: Kind,
    filename: str,
    sha256: str,
    stored: StoredImport,
    *,
    viewer: Viewer,
    team_id: int,
    uid: uuid.UUID | None = None,
) -> Import:
    """The record of an import that is about to be."""
    access.require_whole_team(viewer, team_id)
    made = Import(
        uid=uid or uuid7(),
        kind=kind.value,
        filename=filename[:200],
        file_sha256=sha256,
        mapping=stored.model_dump(mode="json"),
        source=stored.options.source,
        licence=stored.options.licence,
        team_id=team_id,
        created_by_id=viewer.user_id,
    )
    session.add(made)
    session.flush()  # its key goes onto every row
    return made


def undo(
    session: Session, number: int, *, viewer: Viewer, progress: Progress = quiet
) -> tuple[Import, Undone]:
    """Take an import back as a whole. Raises NotFound, NotAllowed or Conflict."""
    spatial.lock_for_writing(session, LOCK)
    done = find(session, number, viewer=viewer)
    access.require_whole_team(viewer, done.team_id)
    undone = import_writing.take_back(session, done, viewer=viewer, progress=progress)
    _add_up_after(session, undone.withdrawn + undone.restored)
    return done, undone


def _add_up_after(session: Session, rows: int) -> None:
    """Spare whoever looks at the map the adding up of what a large import left in its cells, until
    the job of the day does it."""
    if rows >= MANY:
        map_cells.add_up(session)


def find(session: Session, number: int, *, viewer: Viewer) -> Import:
    """An import by its number. Raises NotFound when it is not the viewer's team's."""
    found = session.get(Import, number, populate_existing=True)
    if found is None or not access.may_add_to(viewer, found.team_id):
        raise NotFound("There is no such import, or it is not open to you.")
    return found


def of_uid(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> Import:
    """An import by its uid. Raises NotFound when it is not the viewer's team's."""
    found = session.scalar(select(Import).where(Import.uid == uid))
    if found is None or not access.may_add_to(viewer, found.team_id):
        raise NotFound("There is no such import, or it is not open to you.")
    return found


def choose(session: Session, done: Import, mapping: ImportMapping, options: ImportOptions) -> None:
    """Keep another mapping and other options for an import that has not been carried out."""
    if done.status in OVER:
        raise Conflict(CARRIED_OUT)
    done.mapping = StoredImport(mapping=mapping, options=options).model_dump(mode="json")
    done.source, done.licence = options.source, options.licence
    session.flush()  # refuses what is too long before any work begins


def entries_called(
    session: Session, keys: Iterable[int | None], *, viewer: Viewer
) -> dict[int, Entry]:
    """Those of these entries that the viewer may see, by their keys."""
    wanted = sorted({key for key in keys if key is not None})
    query = select(Entry).where(Entry.id.in_(wanted), access.visible_entries(viewer))
    return {one.id: one for one in session.scalars(query)} if wanted else {}


def teams(session: Session, *, viewer: Viewer) -> Sequence[tuple[int, str]]:
    """The teams that the viewer may import for. Raises NotAllowed when there are none."""
    access.require_sign_in(viewer)
    if not viewer.may_log:
        raise NotAllowed("You are not in a team that logs entries.")
    query = select(Team.id, Team.name).order_by(Team.name)
    if not viewer.is_operator:
        query = query.where(Team.id.in_(viewer.teams_where(access.WRITERS)))
    return [(row[0], row[1]) for row in session.execute(query)]


def latest(session: Session, *, viewer: Viewer) -> Sequence[tuple[Import, str]]:
    """The imports of the viewer's teams and the names of those teams, the latest first."""
    query = select(Import, Team.name).join(Team, Team.id == Import.team_id)
    if not viewer.is_operator:
        query = query.where(Import.team_id.in_(viewer.teams_where(access.WRITERS)))
    rows = session.execute(query.order_by(Import.id.desc()).limit(MOST_LISTED))
    return [(row[0], row[1]) for row in rows]


def stored(done: Import) -> StoredImport:
    """How an import was made: its mapping and options."""
    return StoredImport.model_validate(done.mapping)


def team_called(session: Session, name: str | None, *, viewer: Viewer) -> int:
    """The team to import for: the one named, the viewer's own, or the only one there is.

    Raises BadRequest for "team" when that does not say which.
    """
    if name:
        found = session.scalar(select(Team.id).where(Team.name == name))
        if found is None:
            raise BadRequest(f"team: There is no team called “{name[:80]}”.")
        return found
    if not viewer.is_operator:
        return access.team_to_log_for(viewer, None)
    teams = session.scalars(select(Team.id).limit(2)).all()
    if len(teams) != 1:
        raise BadRequest("team: Say which team the entries will belong to.")
    return teams[0]


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()

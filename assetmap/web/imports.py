"""Importing a file: upload it, say what its columns are, look at what would happen, go, undo."""

import uuid
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
)
from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as Answer

from assetmap import spatial
from assetmap.db import db
from assetmap.errors import Invalid, NotFound
from assetmap.models import Import
from assetmap.outside.import_folder import ImportFolder
from assetmap.outside.queue import Queue
from assetmap.register import import_mapping, imports
from assetmap.schemas.imports import (
    KINDS,
    ImportOptions,
    ImportStart,
    StoredImport,
    as_file,
    check,
    read_file,
)
from assetmap.schemas.reading import from_form
from assetmap.settings import Settings
from assetmap.vocabulary import Kind
from assetmap.web import import_columns

bp = Blueprint("imports", __name__, url_prefix="/imports")

WAITING = "Waiting for its turn"
FULL = "The disk is full. The file was not kept, and nothing was changed."
ASIDE = {"refused": "refused.csv", "duplicates": "duplicates.csv"}


@bp.get("/")
def browse() -> str:
    """The imports of one's teams, and a form to begin another."""
    return _list()


@bp.post("/")
def upload() -> Answer | tuple[str, int]:
    """Keep a file, look at it and guess its columns."""
    try:
        start = from_form(ImportStart, request.form, ignore=frozenset({"csrf_token"}))
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid.field("file", "Choose a file.")
        done = _keep(start, file)
    except Invalid as error:
        return _list(_on_the_file(error)), error.status
    where = f"/imports/{done.uid}/columns"
    db.session.commit()
    return redirect(where, 303)


@bp.get("/<uuid:uid>")
def show(uid: uuid.UUID) -> str | Answer:
    """An import, wherever it has come to."""
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    folder = _folder(done)
    if folder.said("progress"):
        return render_template("imports/working.html", done=done, **_state(done, folder))
    if done.status == "uploaded":
        return redirect(f"/imports/{done.uid}/columns", 303)
    page = "preview" if done.status in ("previewed", "failed") else "result"
    plan = folder.said("preview")
    about = [one["entry_id"] for found in plan.get("samples", {}).values() for one in found]
    return render_template(
        f"imports/{page}.html",
        done=done,
        plan=plan or {"counts": done.counts, "samples": {}, "warnings": []},
        undone=folder.said("undone"),
        entries=imports.entries_called(db.session, about, viewer=g.viewer),
        options=imports.stored(done).options,
        aside=[name for name, file in ASIDE.items() if (folder.path / file).exists()],
    )


@bp.get("/<uuid:uid>/progress")
def progress(uid: uuid.UUID) -> Response:
    """How far the work has come, for the page that waits."""
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    state = _state(done, _folder(done))
    said = {name: state[name] for name in ("text", "done_rows", "total", "finished")}
    said["done"] = said.pop("done_rows")
    return jsonify(said | {"next_url": f"/imports/{done.uid}"})


@bp.get("/<uuid:uid>/columns")
def columns(uid: uuid.UUID) -> str:
    """What each column is, as guessed or chosen, to be changed."""
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    return _columns_page(done, imports.stored(done))


@bp.post("/<uuid:uid>/columns")
def choose(uid: uuid.UUID) -> Answer | tuple[str, int]:
    """Keep what was chosen, and begin the preview unless only the choices were to be kept."""
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    if done.status in imports.OVER:
        return _stands_at(done, imports.CARRIED_OUT)
    table = _table(done, imports.stored(done).mapping.header)
    before = imports.stored(done)
    typed = import_columns.typed(request.form, table, before.mapping)
    try:
        stored = import_columns.chosen(typed, table, Kind(done.kind))
        imports.choose(db.session, done, stored.mapping, stored.options)
    except Invalid as error:
        return _columns_page(done, before, error.problems, typed), error.status
    if "keep" in request.form:
        where = f"/imports/{done.uid}/columns"
        db.session.commit()
        return redirect(where, 303)
    return _begin(done, "preview", "previewing")


@bp.get("/<uuid:uid>/mapping.<ending>")
def mapping(uid: uuid.UUID, ending: str) -> Response:
    """The mapping as a file, to be used again here or on the command line."""
    if ending not in ("json", "toml"):
        raise NotFound("There is no such file.")
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    name = f"{secure_filename(done.filename.rpartition('.')[0]) or 'import'}-mapping.{ending}"
    answer = Response(as_file(imports.stored(done).mapping, name), mimetype="text/plain")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.post("/<uuid:uid>/mapping")
def load_mapping(uid: uuid.UUID) -> Answer | tuple[str, int]:
    """Use a mapping that was kept as a file."""
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    if done.status in imports.OVER:
        return _stands_at(done, imports.CARRIED_OUT)
    stored = imports.stored(done)
    file = request.files.get("mapping")
    try:
        if file is None or not file.filename:
            raise Invalid.field("mapping", "Choose a mapping file.")
        given = read_file(file.stream.read(), file.filename)
        check(given, Kind(done.kind), _table(done, given.header).columns)
    except Invalid as error:
        return _columns_page(done, stored, {"mapping": _first(error)}), error.status
    imports.choose(db.session, done, given, stored.options)
    where = f"/imports/{done.uid}/columns"
    flash(f"The columns are set as {file.filename} says.", "success")
    db.session.commit()
    return redirect(where, 303)


@bp.post("/<uuid:uid>/go")
def go(uid: uuid.UUID) -> Answer:
    """Carry the import out."""
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    if done.status not in ("previewed", "failed", "queued", "running"):
        return _stands_at(done, "It was carried out already, or has not been looked at yet.")
    return _begin(done, "import", "queued")


@bp.post("/<uuid:uid>/undo")
def undo(uid: uuid.UUID) -> Answer:
    """Take the whole import back."""
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    if done.status != "done":
        return _stands_at(done, "Only an import that is finished can be taken back, and only once.")
    return _begin(done, "undo", "done")


@bp.post("/<uuid:uid>/again")
def again(uid: uuid.UUID) -> Answer:
    """Begin again what was stopped. Harmless when it was not: only one can be at work."""
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    work = _folder(done).said("progress").get("work")
    if work not in ("preview", "import", "undo"):
        return redirect(f"/imports/{done.uid}", 303)
    return _begin(done, work, done.status)


@bp.get("/<uuid:uid>/<name>.csv")
def aside(uid: uuid.UUID, name: str) -> Response:
    """Rows that were refused, or are likely here already, each with the reason."""
    done = imports.of_uid(db.session, uid, viewer=g.viewer)
    path = _folder(done).path / ASIDE.get(name, "nothing")
    if name not in ASIDE or not path.exists():
        raise NotFound("There is no such file.")
    return send_file(
        path, mimetype="text/csv", as_attachment=True, download_name=_aside_name(done, name)
    )


def _aside_name(done: Import, name: str) -> str:
    stem = secure_filename(done.filename.rpartition(".")[0]) or "import"
    return f"{stem}-{name}.csv"


def _source(name: str) -> str:
    """Where a file is from: where its rows were from that come back mended, else its name."""
    for done, _ in imports.latest(db.session, viewer=g.viewer):
        if name in (_aside_name(done, aside) for aside in ASIDE):
            return imports.stored(done).options.source
    return name[:120]


def _keep(start: ImportStart, file: FileStorage) -> Import:
    """The upload in its folder and an import to go with it, its columns guessed."""
    kind, name = Kind(start.kind), (file.filename or "")[-200:]
    held = imports.teams(db.session, viewer=g.viewer)
    team_id = start.team or held[0][0]
    uid = uuid.uuid4()
    folder = ImportFolder.of(_settings().instance, uid)
    try:
        folder.keep(file.stream)
    except OSError as error:
        if spatial.is_out_of_room(error):
            raise Invalid.field("file", FULL) from error
        raise
    try:
        table = imports.sniffed(db.session, folder.upload, name)
        guessed = import_mapping.guess(db.session, table, kind)
        options = ImportOptions(source=_source(name))
        stored = StoredImport(mapping=guessed.mapping, options=options)
        sha256 = imports.digest(folder.upload)
        return imports.begin(
            db.session, kind, name, sha256, stored, viewer=g.viewer, team_id=team_id, uid=uid
        )
    except Exception:
        folder.remove()
        raise


def _stands_at(done: Import, why: str) -> Answer:
    """The import as it is now, for whoever pressed on an older page of it: nothing was done."""
    flash(why, "info")
    return redirect(f"/imports/{done.uid}", 303)


def _begin(done: Import, work: str, status: str) -> Answer:
    """Ask for the work, and go to the page that waits for it. Commits."""
    folder, uid = _folder(done), str(done.uid)
    if not folder.is_worked_in():
        done.status = status
        done.problem = ""
        asked = {"work": work, "text": WAITING, "waiting": True, "by": g.viewer.user_id}
        folder.say("progress", asked)
        db.session.commit()
        queue: Queue = current_app.extensions["queue"]
        queue.enqueue(f"imports.{work}", uid=uid)
    return redirect(f"/imports/{uid}", 303)


def _state(done: Import, folder: ImportFolder) -> dict[str, Any]:
    """Where the work is: waiting, going on, stopped, or over."""
    said = folder.said("progress")
    stopped = bool(said) and not said.get("waiting") and not folder.is_worked_in()
    if stopped and not folder.said("progress"):  # it ended between the two looks
        said, stopped = {}, False
    return {
        "text": said.get("text", ""),
        "done_rows": said.get("done", 0),
        "total": said.get("total", 0),
        "work": said.get("work", ""),
        "waiting": bool(said.get("waiting")),
        "stopped": stopped,
        "finished": stopped or not said,
    }


def _list(problems: dict[str, str] | None = None) -> str:
    return render_template(
        "imports/list.html",
        found=imports.latest(db.session, viewer=g.viewer),
        teams=imports.teams(db.session, viewer=g.viewer),
        kinds=[(kind.value, kind.plural.capitalize()) for kind in KINDS],
        given={"kind": request.form.get("kind", "asset"), "team": request.form.get("team", "")},
        problems=problems or {},
        most_mb=_settings().max_upload_mb,
    )


def _columns_page(
    done: Import,
    stored: StoredImport,
    problems: dict[str, str] | None = None,
    refused: StoredImport | None = None,
) -> str:
    table = _table(done, stored.mapping.header)
    return render_template(
        "imports/columns.html",
        done=done,
        problems=problems or {},
        warnings=table.warnings,
        **import_columns.page(db.session, table, Kind(done.kind), stored, refused),
    )


def _table(done: Import, header: bool | None) -> Any:  # noqa: FBT001  # as the file was written
    folder = _folder(done)
    if not folder.upload.exists():
        raise NotFound("The file of this import is no longer here. Upload it again.")
    return imports.sniffed(db.session, folder.upload, done.filename, header=header)


def _on_the_file(error: Invalid) -> dict[str, str]:
    """Every problem of an upload is one of its file, unless it names a field of the form."""
    known = {name: what for name, what in error.problems.items() if name in ("kind", "team")}
    return known or {"file": _first(error)}


def _first(error: Invalid) -> str:
    return next(iter(error.problems.values()), str(error))


def _folder(done: Import) -> ImportFolder:
    return ImportFolder.of(_settings().instance, done.uid)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings

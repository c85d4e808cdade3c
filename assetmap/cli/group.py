"""How every command behaves: refused input is one readable line and exit code 1."""

import errno
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click
from flask.cli import FlaskGroup, with_appcontext
from pydantic import ValidationError
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from assetmap import spatial
from assetmap.db import db
from assetmap.errors import Invalid, RegisterError

ASK = "Ask `assetmap doctor` what to do."
NO_ACCESS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC)
NO_TABLE, NO_TYPE = "42P01", "42704"  # PostgreSQL's names; the second where PostGIS is missing
Command = TypeVar("Command", bound=Callable[..., Any])


class Commands(FlaskGroup):
    """The group of all commands; errors of ours and wrong settings end in one line."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and say what was wrong in one line when the register refused."""
        try:
            return super().main(*args, **kwargs)
        except RegisterError as error:
            raise SystemExit(_said(str(error))) from error
        except ValidationError as error:
            raise SystemExit(_said(_settings_problem(error))) from error
        except DBAPIError as error:
            if not _is_unusable(error):
                raise
            said = f"The database cannot be used: {_first_line(error)}. {ASK}"
            raise SystemExit(_said(said)) from error
        except OSError as error:
            if error.errno not in NO_ACCESS:
                raise
            raise SystemExit(_said(f"{error.strerror}: {error.filename}. {ASK}")) from error


def _is_unusable(error: DBAPIError) -> bool:
    """Not there, not upgraded, full or busy: nothing that a mistake of ours would say."""
    lacks = getattr(error.orig, "sqlstate", None) in (NO_TABLE, NO_TYPE)
    # nothing more exact than this is what SQLite says of a file that is no database of its own
    return isinstance(error, OperationalError) or lacks or type(error) is DatabaseError


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0].rstrip(".")


def _said(what: str) -> int:
    click.echo(f"Error: {' '.join(what.split())}", err=True)
    return 1


def _settings_problem(error: ValidationError) -> str:
    known = {
        "port": "PORT",
        "database_url": "DATABASE_URL",
        "database_replica_url": "DATABASE_REPLICA_URL",
    }
    problems = Invalid.from_pydantic(error).problems
    return "; ".join(
        f"{known.get(name.lower(), 'ASSETMAP_' + name.upper().removeprefix('ASSETMAP_'))}: {what}"
        for name, what in problems.items()
    )


def writes(command: Command) -> Command:
    """A command that changes the database: it takes its turn to write before it reads."""

    @with_appcontext
    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        spatial.writing(db.session)
        return command(*args, **kwargs)

    return wrapped  # type: ignore[return-value]


reads = with_appcontext

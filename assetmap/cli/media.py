"""`assetmap media`: where photos and voice notes lie, and moving them."""

import click
from flask import current_app
from flask.cli import AppGroup

from assetmap.access import OPERATOR
from assetmap.cli.group import reads
from assetmap.cli.progress import Progress
from assetmap.errors import Conflict, Invalid, Unavailable
from assetmap.formats.limits import MEGABYTE
from assetmap.outside.media import folder
from assetmap.outside.media_bucket import bucket
from assetmap.register import media_moving
from assetmap.register.media_moving import Moved
from assetmap.settings import Settings

FEW = 5  # names that are told

media = AppGroup("media", help="Where photos and voice notes lie.")


@media.command("move")
@click.argument("to", type=click.Choice(["bucket", "folder"]))
@click.option("--dry-run", is_flag=True, help="Say how much there is to move, move nothing.")
@reads
def move(to: str, *, dry_run: bool) -> None:
    """Move photos and voice notes into the bucket that ASSETMAP_MEDIA names, or back into the
    folder.

    People can go on reading and adding them meanwhile. Each is compared before the one it came from
    goes. Broken off and run again it goes on.
    """
    settings: Settings = current_app.extensions["settings"]
    held, there = folder(settings), bucket(settings)
    if there is None:
        raise Invalid("Say which bucket: ASSETMAP_MEDIA=s3://BUCKET for this command at least.")
    source, target = (held, there) if to == "bucket" else (there, held)
    moved = Moved()
    try:
        if dry_run:
            moved = media_moving.to_move(source, viewer=OPERATOR)
        else:
            with held.working() as is_ours, Progress("Files moved") as told:
                if not is_ours:
                    raise Conflict("Somebody is moving files here already.")
                media_moving.move(source, target, moved, viewer=OPERATOR, told=told)
    except Unavailable as error:
        done = f"{_counted(moved)} moved, and then it ended"
        raise Invalid(f"{there}: {error.why}. {done}: run the same again to go on.") from None
    click.echo(f"{'There are' if dry_run else 'Moved'} {_counted(moved)} to {target}.")
    if moved.damaged:
        named = ", ".join(one[:12] + "…" for one in moved.damaged[:FEW])
        raise Invalid(
            f"{len(moved.damaged):,} are not what their names say, and stay in {source}: {named}"
        )


def _counted(moved: Moved) -> str:
    files = "file" if moved.files == 1 else "files"
    return f"{moved.files:,} {files} ({moved.bytes / MEGABYTE:,.1f} MB)"

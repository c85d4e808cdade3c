"""`assetmap media move`, as typed: to a real S3 server and back."""

import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from assetmap.access import OPERATOR
from assetmap.app import create_app
from assetmap.cli.media import media
from assetmap.errors import Conflict, Invalid
from assetmap.outside.media import Folder, folder
from assetmap.outside.media_bucket import Bucket, bucket
from assetmap.outside.photo_store import PhotoStore
from assetmap.register import media_moving
from assetmap.register.media_moving import Moved
from assetmap.settings import Settings
from tests.outside.s3_server import S3Server, nobody

MANY = 12
SMALL = b"\xff\xd8 small \xff\xd9"
PHOTOS = {
    hashlib.sha256(data).hexdigest(): data for data in (bytes([n]) * 100 for n in range(MANY))
}


@pytest.fixture
def app(s3: S3Server, tmp_path: Path) -> Flask:
    """A service whose media belong in a bucket, and are still in the folder."""
    given = Settings(instance=tmp_path / "instance", **s3.settings(uuid.uuid4().hex))
    left = PhotoStore(folder(given))
    for sha256, photo in PHOTOS.items():
        left.keep(sha256, photo, SMALL)
    return create_app(given)


@pytest.fixture
def held(app: Flask) -> Folder:
    return folder(app.extensions["settings"])


@pytest.fixture
def there(app: Flask) -> Bucket:
    found = bucket(app.extensions["settings"])
    assert found is not None
    return found


def run(app: Flask, *typed: str) -> Result:
    return app.test_cli_runner().invoke(media, ["move", *typed])


def names(place: Folder | Bucket) -> list[str]:
    return [one.name for one in place.every()]


def whole(place: Folder | Bucket) -> bool:
    """Whether everything is in one place, as it was."""
    store = PhotoStore(place)
    return len(names(place)) == 2 * MANY and all(
        (store.read(one), store.read(one, small=True)) == (photo, SMALL)
        for one, photo in PHOTOS.items()
    )


class Failing:
    """A place that does what another does, so many times, and then fails."""

    def __init__(self, place: Folder | Bucket, name: str, times: int) -> None:
        self._place, self._name, self._left = place, name, times

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name == self._name:
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt
        found: Callable[..., object] = getattr(self._place, name)
        return found


def test_everything_moves_to_the_bucket_and_back(app: Flask, held: Folder, there: Bucket) -> None:
    counted = f"{2 * MANY} files (0.0 MB)"
    assert run(app, "bucket", "--dry-run").output == f"There are {counted} to {there}.\n"
    assert (whole(held), names(there)) == (True, [])
    assert run(app, "bucket").output == f"Moved {counted} to {there}.\n"
    assert (names(held), whole(there)) == ([], True)
    assert run(app, "bucket").output == f"Moved 0 files (0.0 MB) to {there}.\n"
    assert run(app, "folder").output == f"Moved {counted} to {held}.\n"
    assert (whole(held), names(there)) == (True, [])


@pytest.mark.parametrize("step", ["write", "read", "has", "remove"])
def test_a_move_that_is_broken_off_loses_nothing_and_goes_on_when_it_is_run_again(
    app: Flask, held: Folder, there: Bucket, step: str
) -> None:
    source = Failing(held, step, 5) if step in ("has", "remove") else held
    target = Failing(there, step, 5) if step in ("write", "read") else there
    with pytest.raises(KeyboardInterrupt):
        media_moving.move(source, target, Moved(), viewer=OPERATOR, told=print)  # type: ignore[arg-type]
    both = PhotoStore(there, former=held)
    assert names(held)
    assert names(there)
    assert all(both.read(one) == photo for one, photo in PHOTOS.items())
    assert run(app, "bucket").exit_code == 0
    assert (names(held), whole(there)) == ([], True)


def test_a_store_that_goes_away_is_told_in_one_line_and_leaves_the_rest_where_it_is(
    app: Flask, held: Folder, s3: S3Server
) -> None:
    settings: Settings = app.extensions["settings"]
    app.extensions["settings"] = settings.model_copy(update={"media_endpoint": nobody()})
    said = run(app, "bucket")
    assert isinstance(said.exception, Invalid)
    assert "it does not answer. 0 files (0.0 MB) moved, and then it ended" in str(said.exception)
    assert s3.key_secret not in f"{said.exception}{said.output}"
    assert whole(held)


def test_what_is_not_what_its_name_says_stays_and_is_named(
    app: Flask, held: Folder, there: Bucket
) -> None:
    one, other = list(PHOTOS)[:2]
    held.write(f"{one}.jpg", b"something else", again=True)
    held.write(f"{other}.small.jpg", SMALL[:-1], again=True)
    (held.path / one[:2] / "tmphalf").write_bytes(b"half")
    there.write(f"{list(PHOTOS)[2]}.jpg", b"damaged there", again=True)
    said = run(app, "bucket")
    assert isinstance(said.exception, Invalid)
    assert "2 are not what their names say" in str(said.exception)
    assert names(held) == [*sorted([f"{one}.jpg", f"{other}.small.jpg"]), "tmphalf"]
    assert len(names(there)) == 2 * MANY - 2
    assert PhotoStore(there).read(list(PHOTOS)[2]) == PHOTOS[list(PHOTOS)[2]]


@pytest.mark.parametrize("back", [False, True])
def test_what_is_forgotten_while_it_moves_does_not_come_back(
    held: Folder, there: Bucket, back: bool
) -> None:
    source, target = (there, held) if back else (held, there)
    store, sha256 = PhotoStore(there, former=held), next(iter(PHOTOS))
    name = f"{sha256}.jpg"
    source.write(name, PHOTOS[sha256])
    if back:
        held.remove(name)

    class Forgetting(Failing):
        def __getattr__(self, step: str) -> Callable[..., object]:
            if step == "has":
                store.forget(name)
            return super().__getattr__(step)

    assert media_moving.carry(Forgetting(source, "", 0), target, name) == "gone"  # type: ignore[arg-type]
    assert store.read(sha256) is None


def test_two_moves_are_never_under_way_at_once(app: Flask, held: Folder) -> None:
    with held.working():
        said = run(app, "bucket")
    assert isinstance(said.exception, Conflict)
    assert whole(held)


def test_a_move_without_a_bucket_says_what_to_set(tmp_path: Path) -> None:
    said = run(create_app(Settings(instance=tmp_path)), "bucket")
    assert isinstance(said.exception, Invalid)
    assert "ASSETMAP_MEDIA=s3://BUCKET" in str(said.exception)

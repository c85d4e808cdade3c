"""Photos and voice notes are kept alike in a folder and in a bucket of a real S3 server."""

import errno
import hashlib
import os
import socket
import socketserver
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from obstore.store import S3Store
from pydantic import ValidationError
from structlog.testing import capture_logs

from assetmap.errors import Unavailable
from assetmap.outside.media import Folder, Place, path_of
from assetmap.outside.media_bucket import Bucket
from assetmap.outside.photo_store import PhotoStore
from assetmap.settings import Settings
from tests.outside import s3_server
from tests.outside.s3_server import S3Server, nobody

PHOTO, SMALL, SOUND = b"a photo", b"small", b"a sound"
A_DAY_S = 24 * 3600
Talk = Callable[[socket.socket], None]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place of either sort."""
    if request.param == "folder":
        return Folder(tmp_path / "photos")
    server: S3Server = request.getfixturevalue("s3")
    return Bucket(server.at(f"tests/{uuid.uuid4().hex}"))


@pytest.fixture
def bucket(s3: S3Server) -> Bucket:
    return Bucket(s3.at(uuid.uuid4().hex))


@contextmanager
def listening(talk: Talk) -> Iterator[str]:
    """The address of a server that does this with every connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            talk(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_what_was_kept_is_given_back_and_the_same_again_adds_nothing(place: Place) -> None:
    store, photo, sound = PhotoStore(place), sha256(PHOTO), sha256(SOUND)
    for _ in range(2):
        store.keep(photo, PHOTO, SMALL)
        store.keep_sound(sound, SOUND)
    assert (store.read(photo), store.read(photo, small=True)) == (PHOTO, SMALL)
    assert store.read_sound(sound) == SOUND
    assert [one.name for one in place.every()] == sorted(
        [f"{photo}.jpg", f"{photo}.small.jpg", f"{sound}.sound"]
    )


def test_what_is_there_is_not_written_again(place: Place) -> None:
    place.write(f"{sha256(PHOTO)}.jpg", PHOTO)
    (first,) = place.every()
    PhotoStore(place).keep(sha256(PHOTO), PHOTO, SMALL)
    assert first in list(place.every())


def test_what_is_not_there_is_none_and_forgetting_it_does_no_harm(place: Place) -> None:
    store = PhotoStore(place)
    for forgotten in range(2):
        assert store.read(sha256(PHOTO)) is None
        assert store.read(sha256(PHOTO), small=True) is None
        assert store.read_sound(sha256(PHOTO)) is None
        if not forgotten:
            store.keep(sha256(PHOTO), PHOTO, SMALL)
        for name in (f"{sha256(PHOTO)}.jpg", f"{sha256(PHOTO)}.small.jpg"):
            store.forget(name)
            assert not place.has(name)


def test_files_are_listed_in_order_however_many_pages_they_fill(place: Place) -> None:
    contents = [str(number).encode() for number in range(2 * s3_server.PAGE + 1)]
    before = time.time()
    for content in contents:
        place.write(f"{sha256(content)}.sound", content)
    found = list(place.every())
    assert [one.name for one in found] == sorted(f"{sha256(one)}.sound" for one in contents)
    assert all(abs(one.written_at - before) < A_DAY_S for one in found)
    assert {one.bytes for one in found} == {1}


def test_only_what_is_old_is_told_as_unused(place: Place) -> None:
    store = PhotoStore(place)
    store.keep(sha256(PHOTO), PHOTO, SMALL)
    assert list(store.unused_since(time.time() - A_DAY_S)) == []
    names = [f"{sha256(PHOTO)}.jpg", f"{sha256(PHOTO)}.small.jpg"]
    assert list(store.unused_since(time.time() + A_DAY_S)) == names


def test_what_was_not_moved_yet_is_read_told_and_forgotten_too(
    place: Place, tmp_path: Path
) -> None:
    former = Folder(tmp_path / "former")
    store, left = PhotoStore(place, former=former), PhotoStore(former)
    both, old = sha256(PHOTO), sha256(SOUND)
    for one in (store, left):
        one.keep(both, PHOTO, SMALL)
    left.keep_sound(old, SOUND)
    for path in former.path.glob("*/*"):
        os.utime(path, (0, 0))
    assert store.read_sound(old) == SOUND
    assert list(store.unused_since(time.time() - A_DAY_S)) == [f"{old}.sound"]
    for name in (f"{old}.sound", f"{both}.jpg", f"{both}.small.jpg"):
        store.forget(name)
    assert store.read(both) is store.read_sound(old) is None
    assert list(former.every()) == list(place.every()) == []


def test_a_full_disk_is_said_and_leaves_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    here = Folder(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="The disk is full"):
        here.write(f"{'a' * 64}.jpg", b"photo")
    assert not list(here.every())
    monkeypatch.undo()
    here.write(f"{'a' * 64}.jpg", b"photo")
    assert here.read(f"{'a' * 64}.jpg") == b"photo"


def test_the_other_things_in_a_bucket_are_left_alone(s3: S3Server) -> None:
    ours, other = Bucket(s3.at("town")), Bucket(s3.at("town/two"))
    name = f"{sha256(PHOTO)}.jpg"
    other.write(name, PHOTO)
    assert list(ours.every()) == []
    ours.remove(name)
    assert ours.read(name) is None
    assert other.read(name) == PHOTO


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"key_secret": "not the secret"}, "the secret is not that of the key id"),
        ({"key_id": "AKIANOBODY"}, "it does not know the key id"),
        ({"bucket": "assetmap-nowhere"}, "there is no such bucket"),
    ],
)
def test_what_the_store_refuses_is_told_to_operators_and_holds_no_secret(
    s3: S3Server, wrong: dict[str, str], why: str
) -> None:
    at = replace(s3.at("x"), **wrong)  # type: ignore[arg-type]
    there, name = Bucket(at), f"{sha256(PHOTO)}.jpg"
    asked: list[Callable[[], object]] = [
        lambda: there.read(name),
        lambda: there.write(name, PHOTO, again=True),
        lambda: list(there.every()),
        there.look,
    ]
    with capture_logs() as said:
        for ask in asked:
            with pytest.raises(Unavailable) as refused:
                ask()
            assert refused.value.why == why
    assert [one["why"] for one in said] == [why] * len(asked)
    assert at.key_secret not in f"{said} {at} {there} {refused.value!r}"


def test_a_store_that_is_away_is_said_to_be_and_left_in_peace_for_a_while(s3: S3Server) -> None:
    there = Bucket(replace(s3.at("x"), endpoint=nobody(), rest_s=A_DAY_S))
    name = f"{sha256(PHOTO)}.jpg"
    with pytest.raises(Unavailable, match="Nothing was changed") as first:
        there.write(name, PHOTO)
    with pytest.raises(Unavailable) as second:
        there.read(name)
    assert first.value.why == "it does not answer"
    assert second.value.why == "it did not answer a moment ago"


def test_a_store_that_never_answers_is_not_waited_for(s3: S3Server) -> None:
    enough = Event()

    def wait(_: socket.socket) -> None:
        enough.wait(60)

    with listening(wait) as slow:
        there = Bucket(replace(s3.at("x"), endpoint=slow, answer_s=0.2, connect_s=0.2))
        with pytest.raises(Unavailable) as refused:
            there.read(f"{sha256(PHOTO)}.jpg")
        enough.set()
    assert refused.value.why == "it does not answer"


def test_one_at_a_time_finds_out_whether_a_store_is_back(s3: S3Server) -> None:
    asked, enough, hangs_up = Event(), Event(), [True]

    def talk(_: socket.socket) -> None:
        if not hangs_up:
            asked.set()
            enough.wait(60)

    name = f"{sha256(PHOTO)}.jpg"
    with listening(talk) as slow:
        there = Bucket(replace(s3.at("x"), endpoint=slow, answer_s=60, rest_s=0))
        with pytest.raises(Unavailable):
            there.read(name)
        hangs_up.clear()
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(there.read, name)
            assert asked.wait(60)
            with pytest.raises(Unavailable) as second:
                there.read(name)
            enough.set()
            assert isinstance(first.exception(), Unavailable)
    assert second.value.why == "it did not answer a moment ago"


def test_whoever_goes_through_a_listing_keeps_nobody_from_a_store_that_is_back(
    s3: S3Server,
) -> None:
    there, name = Bucket(replace(s3.at("x"), rest_s=0)), f"{sha256(PHOTO)}.jpg"
    there.write(name, PHOTO)
    there._patience.learn(answers=False)
    listing = there.every()
    assert next(listing).name == name
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(there.read, name).result() == PHOTO


def test_an_upload_that_breaks_off_leaves_nothing_and_is_made_good_by_the_next(
    s3: S3Server, bucket: Bucket
) -> None:
    content = os.urandom(200_000)
    name = f"{sha256(content)}.jpg"

    def cut(talk: socket.socket) -> None:
        """Pass on half of what is sent, and hang up on both."""
        port = int(s3.endpoint.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as behind:
            passed = 0
            while passed < len(content) / 2 and (part := talk.recv(20_000)):
                behind.sendall(part)
                passed += len(part)

    with listening(cut) as between:
        broken = Bucket(replace(bucket._at, endpoint=between))
        with pytest.raises(Unavailable):
            broken.write(name, content, again=True)
    assert bucket.read(name) is None
    assert list(bucket.every()) == []
    bucket.write(name, content)
    assert bucket.read(name) == content


def test_half_an_answer_is_never_taken_for_a_photo(s3: S3Server) -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: x\r\nLast-Modified: "

    def half(talk: socket.socket) -> None:
        talk.recv(1 << 16)
        talk.sendall(f"{head}Sat, 21 Nov 2026 12:00:00 GMT\r\n\r\nhalf".encode())

    with listening(half) as there, pytest.raises(Unavailable):
        Bucket(replace(s3.at("x"), endpoint=there)).read(f"{sha256(PHOTO)}.jpg")


def test_a_look_says_whether_strangers_may_read_and_versions_are_kept(s3: S3Server) -> None:
    for name, versions in ((s3_server.BUCKET, False), (s3_server.VERSIONED, True)):
        found = Bucket(s3.at("looked", name)).look()
        assert (found.keeps_versions, found.is_public) == (versions, False)
    s3.check_signatures(strictly=False)
    try:
        assert Bucket(s3.at("looked", s3_server.OPEN)).look().is_public
        assert not Bucket(s3.at("looked")).look().is_public
    finally:
        s3.check_signatures()


def test_nothing_of_amazons_own_settings_is_taken_from_the_environment(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody())
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of somebody else")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    assert not Bucket(s3.at("looked")).look().is_public


def test_what_lies_in_the_bucket_is_where_operators_expect_it(s3: S3Server) -> None:
    Bucket(s3.at("of/a-town")).write(f"{sha256(PHOTO)}.jpg", PHOTO)
    plain = S3Store(
        s3_server.BUCKET,
        endpoint=s3.endpoint,
        access_key_id=s3.key_id,
        secret_access_key=s3.key_secret,
        client_options={"allow_http": True},
    )
    path = f"of/a-town/{path_of(sha256(PHOTO))}.jpg"
    assert plain.head(path)["size"] == len(PHOTO)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"media": "s3://"}, "s3://BUCKET"),
        ({"media": "https://bucket"}, "s3://BUCKET"),
        ({"media": "s3://town"}, "ASSETMAP_MEDIA_KEY_ID"),
        ({"media_region": "EU west"}, "eu-west-2"),
        ({"media_endpoint": "http://store.example.org"}, "https://HOST"),
        ({"media_endpoint": "https://key:secret@store.example.org"}, "https://HOST"),
    ],
)
def test_a_bucket_that_is_half_set_or_not_encrypted_stops_the_start(
    given: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(**given)  # type: ignore[arg-type]

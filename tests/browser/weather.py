"""What happens between a phone and the register: lost answers, captive portals, refusals."""

import io
import json
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Answer = tuple[str, list[tuple[str, str]], bytes]
PORTAL = b"<h1>Welcome to the station's free network</h1>"
WRITES = ("PUT", "POST", "DELETE")


@dataclass
class Weather:
    """Stands before the app. `lose`: so many answers to writes that never come back, though the
    register did what was asked; `portal`: everything is a cheerful page; `seen`: each write."""

    app: WSGIApplication
    lose: int = 0
    cut: int = 0  # so many writes are cut off in their middle, as when the service restarts
    portal: bool = False
    twice: bool = False  # every write arrives two times
    answers: dict[str, Callable[[bytes], tuple[int, Any]]] = field(default_factory=dict)
    seen: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, number
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if not path.startswith("/api/"):
            return self.app(environ, start)
        status, headers, body = self.answer(environ, method, path)
        start(status, headers)
        return [body]

    def answer(self, environ: WSGIEnvironment, method: str, path: str) -> Answer:
        """What comes back, if anything does."""
        if self.portal:
            return "200 OK", [("Content-Type", "text/html")], PORTAL
        if self.cut and method in WRITES:
            self.break_off(environ)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        came = self.ask(environ, body)
        if method in WRITES:
            if self.twice:
                came = self.ask(environ, body)
            with self.lock:
                self.seen.append((method, path, environ.get("HTTP_X_NUMBER", "")))
                if self.lose:
                    self.lose -= 1
                    return "504 Gateway Timeout", [("Content-Type", "text/plain")], b"nothing"
        return came

    def break_off(self, environ: WSGIEnvironment) -> None:
        """Read half of what comes, then hang up without a word."""
        with self.lock:
            self.cut -= 1
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0) // 2)
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError

    def ask(self, environ: WSGIEnvironment, body: bytes) -> Answer:
        """What the register answers, or what a test has it answer."""
        for path, reply in self.answers.items():
            if environ["PATH_INFO"].startswith(path):
                code, said = reply(body)
                given = said if isinstance(said, bytes) else json.dumps(said).encode()
                kept = [("Content-Type", "application/json"), ("X-Assetmap", "1")]
                return f"{code} Answered", kept, given
        return self.forward(environ, body)

    def forward(self, environ: WSGIEnvironment, body: bytes) -> Answer:
        """Ask the app itself."""
        got: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[..., None]:
            got.update(status=status, headers=headers)
            return lambda _: None

        said = b"".join(self.app({**environ, "wsgi.input": io.BytesIO(body)}, start))
        return got["status"], got["headers"], said

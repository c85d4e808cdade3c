"""A small mail server of this machine's own, that keeps what it is given."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue
from threading import Thread
from typing import Any


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    letters: "Queue[EmailMessage]"
    refuses: bool
    takes: int


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 test")
        for line in self.rfile:
            command = line.split(b" ")[0].strip().upper()
            if command == b"RCPT" and self.server.refuses:
                self.say("550 nobody here")
            elif command == b"DATA":
                if self.server.letters.qsize() == self.server.takes:
                    return  # it breaks off
                self.say("354 go on")
                self.server.letters.put(self.letter())
                self.say("250 kept")
            elif command == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 yes")

    def letter(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        letter: Any = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(letter, EmailMessage)
        return letter


class MailServer:
    """Where it listens, and what it was given."""

    def __init__(self, server: _Server) -> None:
        self.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        self._server = server

    def next_letter(self) -> EmailMessage:
        """The next letter; waits for it, and fails when none comes."""
        return self._server.letters.get(timeout=60)

    @property
    def is_empty(self) -> bool:
        return self._server.letters.empty()


@contextmanager
def running(*, refuses: bool = False, takes: int = -1) -> Iterator[MailServer]:
    """A server for as long as the block runs. takes: how many letters lie there when it breaks off
    in the middle of the next, rather than never."""
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.letters, server.refuses, server.takes = Queue(), refuses, takes
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield MailServer(server)
        finally:
            server.shutdown()
            thread.join()

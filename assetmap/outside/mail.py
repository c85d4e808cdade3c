"""Sending mail. Without a server, what would be sent is written to the log."""

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

import structlog

from assetmap.errors import Invalid

TIMEOUT_S = 20
PORTS = {"smtp": 25, "smtps": 465}
ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

log = structlog.get_logger()


class NobodyThere(OSError):
    """The server refuses the address for good: there is no such box, or it takes nothing."""


class NotReached(OSError):
    """There was no server to give a message to: certainly nothing was handed over."""


class Mail:
    """A mail server to hand messages to.

    server: `smtp://user:password@host:port`, `smtps://…` for TLS from the start, or nothing.
    sender: the address that messages come from.
    Raises Invalid when `server` is neither.
    """

    def __init__(self, server: str, sender: str) -> None:
        parts = urlsplit(server)
        try:
            port = parts.port
        except ValueError as error:
            raise _misspelt() from error
        if server and (parts.scheme not in PORTS or not parts.hostname):
            raise _misspelt()
        self.is_set = bool(server)
        self._sender = sender
        self._host = parts.hostname or ""
        self._port = port or PORTS.get(parts.scheme, 0)
        self._tls_from_the_start = parts.scheme == "smtps"
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    def send(
        self,
        to: str,
        subject: str,
        text: str,
        *,
        headers: Mapping[str, str] | None = None,
        key: str = "",
    ) -> None:
        """Hand a message over, or log it when no server is set.

        headers: besides those of every message. key: what names it, so that mail programs show it
        once should it ever be handed over again. Raises OSError (smtplib's errors among them) when
        the server can't be reached or refuses: NotReached before anything was handed over,
        NobodyThere where it never takes it.
        """
        if not self.is_set:
            log.info("No mail server is set, so this was not sent", to=to, subject=subject)
            for line in filter(None, text.splitlines()):
                log.info(line)
            return
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message["Date"] = formatdate(localtime=False)
        domain = self._sender.rpartition("@")[2].strip("> ") or None
        message["Message-ID"] = f"<{key}@{domain}>" if key and domain else make_msgid(domain=domain)
        message["Auto-Submitted"] = "auto-generated"
        for name, value in (headers or {}).items():
            message[name] = value
        message.set_content(text)
        try:
            connection = self._connected()
        except OSError as error:
            raise NotReached(str(error)) from error
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            if all(500 <= code < 600 for code, _ in error.recipients.values()):
                raise NobodyThere from error
            raise
        finally:
            _take_leave(connection)

    def _connected(self) -> smtplib.SMTP:
        if self._tls_from_the_start:
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_S, context=context
            )
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)
        try:
            self._make_private(connection)
            if self._user:
                connection.login(self._user, self._password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_private(self, connection: smtplib.SMTP) -> None:
        """Turn on TLS wherever the server has it; never send a password without."""
        if self._tls_from_the_start or self._host in ON_THIS_MACHINE:
            return
        connection.ehlo_or_helo_if_needed()
        if connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
        elif self._user:
            raise smtplib.SMTPNotSupportedError("The mail server has no TLS to send a password by.")


def _take_leave(connection: smtplib.SMTP) -> None:
    """What goes wrong now changes nothing of what was handed over, which would go twice else."""
    try:
        connection.quit()
    except OSError:
        connection.close()


def _misspelt() -> Invalid:
    return Invalid.field(
        "ASSETMAP_MAIL_SERVER", "must be smtp://user:password@host:port or smtps://…"
    )

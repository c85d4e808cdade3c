"""Mail goes to a server that is really spoken to, or to the log."""

import socket

import pytest
from structlog.testing import capture_logs

from assetmap.errors import Invalid
from assetmap.outside.mail import Mail, NobodyThere, NotReached
from tests.outside import mail_server


def test_a_message_reaches_the_server_whole() -> None:
    with mail_server.running() as server:
        Mail(server.url, "map@example.org").send("jo@example.org", "Héllo", "One\n.\n.two\nłast")
        letter = server.next_letter()
    assert (letter["From"], letter["To"]) == ("map@example.org", "jo@example.org")
    assert letter["Subject"] == "Héllo"
    assert letter.get_content().replace("\r\n", "\n") == "One\n.\n.two\nłast\n"
    assert letter["Date"]
    assert letter["Message-ID"].endswith("@example.org>")


def test_without_a_server_the_message_is_in_the_log() -> None:
    mail = Mail("", "map@example.org")
    with capture_logs() as said:
        mail.send("jo@example.org", "Hello", "Press this:\n\nhttps://example.org/x\n")
    assert not mail.is_set
    assert "https://example.org/x" in [one["event"] for one in said]
    assert said[0]["to"] == "jo@example.org"


def test_a_refused_recipient_is_an_error() -> None:
    with mail_server.running(refuses=True) as server:
        mail = Mail(server.url, "map@example.org")
        with pytest.raises(NobodyThere):
            mail.send("jo@example.org", "Hello", "Hello")


def test_a_server_that_is_not_there_is_an_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mail = Mail(f"smtp://127.0.0.1:{free.getsockname()[1]}", "map@example.org")
        with pytest.raises(NotReached, match="refused"):
            mail.send("jo@example.org", "Hello", "Hello")


def test_a_recipient_cannot_bring_headers_of_its_own() -> None:
    with mail_server.running() as server:
        mail = Mail(server.url, "map@example.org")
        with pytest.raises(ValueError, match="linefeed"):
            mail.send("jo@example.org\nBcc: all@example.org", "Hello", "Hello")
        assert server.is_empty


@pytest.mark.parametrize("wrong", ["mail.example.org", "http://mail", "smtp://", "smtp://a:port"])
def test_a_misspelt_server_is_refused_by_the_name_of_its_setting(wrong: str) -> None:
    with pytest.raises(Invalid, match="ASSETMAP_MAIL_SERVER"):
        Mail(wrong, "map@example.org")

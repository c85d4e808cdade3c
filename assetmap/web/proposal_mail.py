"""Telling people by mail what became of what they suggested."""

from threading import Thread

import structlog
from flask import current_app

from assetmap.outside.mail import Mail
from assetmap.register.proposal_answers import Letter

log = structlog.get_logger()

SUBJECT = "What became of your suggestion"
SAID = {
    "accepted": "It was accepted, and the register says so now.",
    "partly": "Part of it was accepted, and the register says so now.",
    "refused": "It was not accepted.",
}
MESSAGE = """You suggested something about {title} ({ref}).

{said}{why}

Thank you for helping to keep the register right. Your address has been deleted from it.
"""


def send(letter: Letter) -> None:
    """Send it aside. Without a mail server nothing is sent: what would go to the log instead
    holds a stranger's address."""
    mail: Mail = current_app.extensions["mail"]
    if mail.is_set:
        Thread(target=_try, args=(mail, letter), name="mail", daemon=True).start()


def text(letter: Letter) -> str:
    """What it says."""
    return MESSAGE.format(
        title=f"“{letter.title}”" if letter.title else "an entry of the register",
        ref=letter.ref,
        said=SAID[letter.state],
        why=f"\n\nThe reason given: {letter.why}" if letter.why else "",
    )


def _try(mail: Mail, letter: Letter) -> None:
    try:
        mail.send(letter.to, SUBJECT, text(letter))
    except OSError as error:
        log.error("An answer could not be mailed", problem=type(error).__name__)

"""E-mail: what it says, and how a letter is handed to an SMTP server. Knows no database."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import cache
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

SECONDS = 10.0
"""Longest wait for any one answer of the server; well below a lease."""


@dataclass(frozen=True)
class Urgent:
    """What an urgent alert has to say."""

    subject: str
    """Name of the lead."""
    summary: str
    raised_at: datetime
    link: str
    template: ClassVar = "urgent"

    @property
    def title(self) -> str:
        """Of the mail."""
        return f"{self.subject}: {self.summary}"


@dataclass(frozen=True)
class Confirmation:
    """Asks whoever filled in a form whether the address is theirs (F2)."""

    form: str
    link: str
    until: datetime
    template: ClassVar = "confirmation"
    title: ClassVar = "Please confirm your e-mail address"


@dataclass(frozen=True)
class Welcome:
    """Greets whoever became a customer (F50)."""

    name: str
    contact: str | None
    """Name of the person who looks after them."""
    template: ClassVar = "welcome"
    title: ClassVar = "Welcome"


Words = Urgent | Confirmation | Welcome


@dataclass(frozen=True)
class Delivery:
    """How an attempt ended: accepted, refused for ever, else put off; and the server's words."""

    accepted: bool = False
    refused: bool = False
    detail: str | None = None


def letter(words: Words, *, sender: str, to: str, id: str) -> EmailMessage:
    """The e-mail in plain text and HTML. The same id is the same letter, however often it is handed over."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = _one_line(words.title)
    mail["Message-ID"] = f"<{id}@{sender.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    said = vars(words)
    mail.set_content(_templates().get_template(f"{words.template}.txt.j2").render(said))
    mail.add_alternative(_templates().get_template(f"{words.template}.html.j2").render(said), subtype="html")
    return mail


class Postbox:
    """A server of `smtp://` (STARTTLS where offered) or `smtps://`; letters in a row share a connection."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._server: smtplib.SMTP | None = None

    def hand_over(self, mail: EmailMessage) -> Delivery:
        """Gives a letter to the server. Blocks; never raises.

        4xx and broken connections are put off, 5xx is refused for ever (F47).
        """
        try:
            self._connected().send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            return _answer(code, words)
        except smtplib.SMTPResponseException as error:
            return _answer(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            return Delivery(detail=type(error).__name__)
        return Delivery(accepted=True)

    def close(self) -> None:
        """Says good-bye, if there was anything to say; whatever the server answers."""
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.quit()
            self._server = None

    def _connected(self) -> smtplib.SMTP:
        """The connection of the letter before, unless the server has had enough of it."""
        if not self._answers():
            self.close()
            self._server = _connected(self._url)
        assert self._server is not None
        return self._server

    def _answers(self) -> bool:
        try:
            return self._server is not None and self._server.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False


def _connected(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=SECONDS)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _answer(code: int, words: bytes | str) -> Delivery:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    return Delivery(refused=500 <= code < 600, detail=f"{code} {_one_line(said)}"[:200])


def _one_line(text: str) -> str:
    """Without control characters: a header must not become two (a name may hold anything)."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:200]


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("services.notifications"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )

"""E-mail: for colleagues only, never for families; no name and no message text goes into one.

Rules
* Mail leaves over TLS (STARTTLS or TLS from the start) to a server whose certificate is right, or not at
  all.
* Only to allow-listed domains, compared whole and without case: `example.org` does not allow
  `sub.example.org`.
* Sending never raises for what a mail server may do: it answers `Sent` or `NotSent` with a reason without
  addresses.
* `CatchMail` sends nothing: it keeps what would have gone, in memory and, where it has a file, one JSON per
  line.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sent:
    """The mail server took it."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """It did not go. `try_again` says whether a later try may go better."""

    reason: str
    try_again: bool


class MailLine(Protocol):
    def send(self, *, to: str, subject: str, body: str) -> Sent | NotSent: ...


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes out.

    `implicit_tls` is TLS from the first byte (port 465) instead of STARTTLS (port 587).
    """

    host: str
    port: int
    sender: str
    allowed_domains: frozenset[str]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    implicit_tls: bool = False
    timeout_seconds: float = 20.0


def domain_of(address: str) -> str | None:
    """The domain of a plain address, in lower case. None for all else: `Name <address>`, lists."""
    name, plain = parseaddr(address)
    if name or plain != address or any(mark in address for mark in ",;\r\n ") or plain.count("@") != 1:
        return None
    local, _, domain = plain.partition("@")
    return domain.lower() if local and domain else None


class SmtpMail:
    """Sends through one server, one connection a mail: a handful go out in a day."""

    def __init__(
        self,
        server: MailServer,
        *,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._server = server
        self._tls = tls

    def send(self, *, to: str, subject: str, body: str) -> Sent | NotSent:
        if domain_of(to) not in {domain.lower() for domain in self._server.allowed_domains}:
            return NotSent("this address is not in an allowed domain", try_again=False)
        if "\n" in subject or "\r" in subject:
            return NotSent("a subject is one line", try_again=False)
        letter = EmailMessage()
        letter["From"] = self._server.sender
        letter["To"] = to
        letter["Subject"] = subject
        letter["Message-ID"] = make_msgid(domain=domain_of(self._server.sender) or "localhost")
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(body)
        try:
            with self._connection() as smtp:
                if self._server.user is not None:
                    smtp.login(self._server.user, self._server.password or "")
                smtp.send_message(letter)
        except (smtplib.SMTPNotSupportedError, smtplib.SMTPAuthenticationError, ssl.SSLError) as problem:
            return NotSent(f"the mail server is not set up right ({type(problem).__name__})", try_again=False)
        except smtplib.SMTPRecipientsRefused as problem:
            codes = [code for code, _ in problem.recipients.values()]
            return NotSent("the mail server refused the address", try_again=max(codes) < 500)
        except smtplib.SMTPResponseException as problem:
            return NotSent(f"the mail server answered {problem.smtp_code}", try_again=problem.smtp_code < 500)
        except (smtplib.SMTPException, OSError) as problem:
            return NotSent(f"no mail server ({type(problem).__name__})", try_again=True)
        return Sent()

    def _connection(self) -> smtplib.SMTP:
        server = self._server
        if server.implicit_tls:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_seconds, context=self._tls())
        smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
        try:
            smtp.starttls(context=self._tls())
        except BaseException:
            smtp.close()
            raise
        return smtp


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that `CatchMail` kept."""

    to: str
    subject: str
    body: str


class CatchMail:
    """Keeps mails instead of sending them: for the demo and for tests."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._letters: list[Letter] = []
        if path is not None and path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            self._letters = [Letter(**json.loads(line)) for line in lines if line]

    @property
    def letters(self) -> tuple[Letter, ...]:
        with self._lock:
            return tuple(self._letters)

    def send(self, *, to: str, subject: str, body: str) -> Sent | NotSent:
        if domain_of(to) is None:
            return NotSent("this is not an address", try_again=False)
        letter = Letter(to=to, subject=subject, body=body)
        with self._lock:
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(letter), ensure_ascii=False) + "\n")
            self._letters.append(letter)
        return Sent()

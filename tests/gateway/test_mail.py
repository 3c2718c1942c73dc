from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from outreach.gateway.mail import CatchMail, Letter, MailServer, NotSent, Sent, SmtpMail
from tests.gateway.smtp_server import SmtpServer, make_certificate

TO = "cora@paramount.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("smtp"))


@pytest.fixture
def server(certificate: Path) -> Iterator[SmtpServer]:
    one = SmtpServer(certificate)
    one.port = one.start()
    yield one
    one.stop()


@pytest.fixture
def mail(server: SmtpServer) -> SmtpMail:
    return SmtpMail(where(server), tls=lambda: ssl.create_default_context(cafile=str(server.certificate)))


def where(server: SmtpServer) -> MailServer:
    return MailServer(
        host="localhost",
        port=server.port,
        sender="outreach@paramount.example",
        allowed_domains=frozenset({"Paramount.example"}),
        timeout_seconds=30,
    )


def send(mail: SmtpMail | CatchMail, to: str = TO, subject: str = "Somebody is needed"):
    return mail.send(to=to, subject=subject, body="Please look at the page. Grüße")


def test_a_mail_goes_over_tls(mail: SmtpMail, server: SmtpServer) -> None:
    assert send(mail) == Sent()
    assert server.over_tls == [True]
    assert "Subject: Somebody is needed" in server.letters[0]


def test_a_server_without_tls_gets_nothing(mail: SmtpMail, server: SmtpServer) -> None:
    server.starttls = False
    answer = send(mail)
    assert isinstance(answer, NotSent)
    assert not answer.try_again
    assert server.letters == []


def test_a_server_with_a_strangers_certificate_gets_nothing(server: SmtpServer) -> None:
    answer = send(SmtpMail(where(server)))
    assert isinstance(answer, NotSent)
    assert server.letters == []


@pytest.mark.parametrize(
    "to",
    [
        "cora@elsewhere.example",
        "cora@sub.paramount.example",
        "cora@paramount.example.elsewhere.example",
        "Cora <cora@paramount.example>",
        "x@elsewhere.example, cora@paramount.example",
        "cora@paramount.example\nBcc: x@elsewhere.example",
        "x@elsewhere.example@paramount.example",
        "@paramount.example",
        "",
    ],
)
def test_mail_goes_to_no_address_outside_the_allowed_domains(mail: SmtpMail, server: SmtpServer, to: str) -> None:
    answer = send(mail, to)
    assert answer == NotSent("this address is not in an allowed domain", try_again=False)
    assert server.letters == []


def test_a_subject_is_one_line(mail: SmtpMail, server: SmtpServer) -> None:
    assert isinstance(send(mail, subject="Hello\r\nBcc: x@elsewhere.example"), NotSent)
    assert server.letters == []


@pytest.mark.parametrize(
    ("command", "answer", "try_again"),
    [
        ("RCPT", "550 no such box", False),
        ("RCPT", "450 come back later", True),
        ("MAIL", "451 come back later", True),
        ("MAIL", "550 not you", False),
    ],
)
def test_a_refusal_says_whether_to_try_again_and_names_no_address(
    mail: SmtpMail, server: SmtpServer, command: str, answer: str, try_again: bool
) -> None:
    server.answers[command] = answer
    outcome = send(mail)
    assert isinstance(outcome, NotSent)
    assert outcome.try_again is try_again
    assert "cora" not in outcome.reason


def test_no_server_at_all_may_be_better_later(server: SmtpServer) -> None:
    answer = send(SmtpMail(replace(where(server), port=1)))
    assert isinstance(answer, NotSent)
    assert answer.try_again


def test_a_password_is_not_shown_when_a_server_is_printed(server: SmtpServer) -> None:
    assert "hunter2" not in repr(replace(where(server), password="hunter2"))


def test_the_catcher_keeps_what_would_have_gone_also_after_a_restart(tmp_path: Path) -> None:
    kept = [Letter(TO, "Somebody is needed", "Please look at the page. Grüße")]
    first = CatchMail(tmp_path / "mail" / "caught.jsonl")
    assert send(first) == Sent()
    assert list(first.letters) == kept
    assert list(CatchMail(tmp_path / "mail" / "caught.jsonl").letters) == kept


def test_the_catcher_too_refuses_what_is_no_address() -> None:
    catcher = CatchMail()
    assert isinstance(send(catcher, "nobody"), NotSent)
    assert catcher.letters == ()

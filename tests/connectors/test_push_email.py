from __future__ import annotations

import email
import email.policy
import socket
import ssl
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st

from letters import NOW, letter
from revops.connectors.email.push import EmailPush, SmtpServer, compose, email_payload
from revops.connectors.push import Delivered, Refused, Unavailable
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope

SENDER = "Revenue Operations <revops@example.com>"
PASSWORD = "t0ps3cret"
TEXT = "Zoë is waiting <since> 9:30.\nCall her.\n\nMore: https://example.com/c1?a=b&c=d."
LETTER = letter(email_payload("dina@example.com", "5 minutes\r\nleft: Zoë", TEXT), "msg_7")
AUTHORITY = trustme.CA()
TRUSTING = ssl.create_default_context()
AUTHORITY.configure_trust(TRUSTING)


class Inbox:
    """Keeps what it accepts."""

    def __init__(self, refusals: dict[str, str]) -> None:
        self.envelopes: list[Envelope] = []
        self.refusals = refusals

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Envelope, address: str, *_options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.refusals.get("RCPT", "250 OK")

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Envelope
    ) -> str:
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def messages(self) -> list[EmailMessage]:
        contents = (envelope.content for envelope in self.envelopes)
        return [
            email.message_from_bytes(content, policy=email.policy.default)
            for content in contents
            if isinstance(content, bytes)
        ]


def server_tls(name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(context)
    return context


@contextmanager
def server(refusals: dict[str, str] | None = None, **options: Any) -> Iterator[tuple[Inbox, int]]:
    inbox = Inbox(refusals or {})
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, "localhost", port, **options)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


def push_to(port: int, **settings: Any) -> EmailPush:
    given = {"timeout": timedelta(seconds=5), **settings}
    address = SmtpServer("localhost", SENDER, port, **given)
    return EmailPush(address, {"SMTP_PASSWORD": PASSWORD}, TRUSTING)


def authenticated(_server: Any, _session: Any, _envelope: Any, _how: Any, given: Any) -> AuthResult:
    success = (given.login, given.password) == (b"revops", PASSWORD.encode())
    return AuthResult(success=success, handled=success)


def test_an_e_mail_arrives_encrypted_in_text_and_html() -> None:
    options = {
        "tls_context": server_tls(),
        "require_starttls": True,
        "auth_required": True,
        "authenticator": authenticated,
    }
    with server(**options) as (inbox, port):
        push = push_to(port, username="revops", password_env="SMTP_PASSWORD")
        assert push.deliver(LETTER, NOW) == Delivered()
    (message,) = inbox.messages
    assert message["From"] == SENDER
    assert message["To"] == "dina@example.com"
    assert message["Subject"] == "5 minutes left: Zoë"
    assert message["Message-ID"] == "<msg_7@example.com>"
    assert message["Date"].datetime == NOW
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert text.get_content().strip().replace("\r\n", "\n") == TEXT
    assert html.get_content().replace("\r\n", "\n") == (
        "<p>Zoë is waiting &lt;since&gt; 9:30.<br>\nCall her.</p>\n"
        '<p>More: <a href="https://example.com/c1?a=b&amp;c=d">'
        "https://example.com/c1?a=b&amp;c=d</a>.</p>\n"
    )


def test_tls_from_the_start_works_too() -> None:
    with server(ssl_context=server_tls()) as (inbox, port):
        assert push_to(port, security="tls").deliver(LETTER, NOW) == Delivered()
        assert len(inbox.messages) == 1


def test_it_never_falls_back_to_plain_text() -> None:
    with server() as (inbox, port):
        found = push_to(port).deliver(LETTER, NOW)
        assert isinstance(found, Unavailable)
        assert "STARTTLS" in found.reason
        assert inbox.envelopes == []
        assert push_to(port, security="none").deliver(LETTER, NOW) == Delivered()


def test_the_certificate_must_be_that_of_the_server() -> None:
    options = {"tls_context": server_tls("elsewhere.example"), "require_starttls": True}
    with server(**options) as (inbox, port):
        found = push_to(port).deliver(LETTER, NOW)
        assert isinstance(found, Unavailable)
        assert "CERTIFICATE_VERIFY_FAILED" in found.reason
        assert inbox.envelopes == []


def test_a_wrong_password_waits_and_is_not_told() -> None:
    options = {
        "tls_context": server_tls(),
        "auth_required": True,
        "authenticator": lambda *_: AuthResult(success=False, handled=False),
    }
    with server(**options) as (_inbox, port):
        push = push_to(port, username="revops", password_env="SMTP_PASSWORD")
        found = push.deliver(LETTER, NOW)
    assert isinstance(found, Unavailable)
    assert "535" in found.reason
    assert PASSWORD not in found.reason + repr(push)


@pytest.mark.parametrize(
    ("refusals", "answer"),
    [
        ({"RCPT": "550 no such user"}, Refused("answered 550: no such user")),
        ({"RCPT": "450 mailbox busy"}, Unavailable("answered 450: mailbox busy")),
        ({"DATA": "554 spam"}, Refused("answered 554: spam")),
        ({"DATA": "451 try later"}, Unavailable("answered 451: try later")),
    ],
)
def test_what_the_server_says_is_final_or_for_now(refusals: dict[str, str], answer: object) -> None:
    with server(refusals) as (_inbox, port):
        assert push_to(port, security="none").deliver(LETTER, NOW) == answer


def test_nobody_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert isinstance(push_to(port).deliver(LETTER, NOW), Unavailable)


@pytest.mark.parametrize(
    "content",
    [
        {"to": "dina@example.com\r\nBcc: eve@example.com"},
        {"to": "dina@example.com, eve@example.com"},
        {"to": "dina"},
        {"to": ""},
        {"to": "Dina <dina@example.com>"},
        {"subject": "Hello\r\nBcc: eve@example.com"},
        {"subject": "Hello\nBcc: eve@example.com"},
    ],
)
def test_nothing_can_be_smuggled_into_headers(content: dict[str, str]) -> None:
    sound = {"to": "dina@example.com", "subject": "Hello", "text": "Hello"}
    found = push_to(1).deliver(letter({**sound, **content}), NOW)
    assert isinstance(found, Refused)
    assert "not an e-mail" in found.reason


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_any_text_gives_one_e_mail_the_same_each_time(subject: str, text: str) -> None:
    sent = letter(email_payload("dina@example.com", subject, text), "msg_9")
    first, second = (compose(sent, SENDER).as_bytes() for _ in range(2))
    assert first == second
    message = email.message_from_bytes(first, policy=email.policy.default)
    assert message.get_all("To") == ["dina@example.com"]
    assert message["Bcc"] is None
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"password_env": "ABSENT", "username": "revops"}, "no-secret"),
        ({"password_env": "SMTP_PASSWORD", "security": "none"}, "smtp-plain"),
        ({"sender": "nobody"}, "smtp-sender"),
    ],
)
def test_what_is_wrong_is_told_at_once(settings: dict[str, Any], code: str) -> None:
    with pytest.raises(RevopsError) as caught:
        EmailPush(SmtpServer(**{"host": "h", "sender": SENDER, **settings}), {"SMTP_PASSWORD": "x"})
    assert caught.value.code == code

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from letters import LOOPBACK, NOW, SIGNING_SECRET, letter
from receiver import Receiver, Says
from revops.connectors.outgoing import retry_after
from revops.connectors.push import Delivered, Refused, Unavailable, told
from revops.connectors.webhook.push import WebhookAddress, WebhookPush, webhook_payload
from revops.kit.errors import RevopsError

ENVIRONMENT = {"HOOK_SECRET": SIGNING_SECRET, "HOOK_URL": "http://127.0.0.1:1/t0ps3cret"}
LETTER = letter(webhook_payload("lead.routed", NOW, {"contact": "c1", "name": "Zoë"}), "msg_7")


def push_to(url: str, tls: ssl.SSLContext | None = None) -> WebhookPush:
    address = WebhookAddress(
        "HOOK_SECRET", url=url, allowed=LOOPBACK, timeout=timedelta(seconds=0.5)
    )
    return WebhookPush(address, ENVIRONMENT, tls)


def test_the_receiver_can_verify_what_it_is_sent() -> None:
    now = datetime.now(UTC)
    with Receiver() as receiver:
        push = push_to(receiver.url)
        assert push.deliver(LETTER, now) == Delivered()
        push.close()
    (call,) = receiver.calls
    said = Webhook(SIGNING_SECRET).verify(call.body, dict(call.headers))
    assert said == {
        "type": "lead.routed",
        "timestamp": "2026-05-04T09:30:00+00:00",
        "data": {"contact": "c1", "name": "Zoë"},
    }
    assert call.headers["webhook-id"] == "msg_7"
    assert call.headers["webhook-timestamp"] == str(int(now.timestamp()))
    assert call.headers["content-type"] == "application/json"
    assert call.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_every_attempt_has_the_same_body_and_key_and_its_own_time() -> None:
    with Receiver() as receiver:
        push = push_to(receiver.url)
        for minutes in (0, 5):
            push.deliver(LETTER, NOW + timedelta(minutes=minutes))
        push.close()
    first, second = receiver.calls
    assert first.body == second.body == LETTER.payload.encode()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, Delivered),
        (204, Delivered),
        (302, Refused),
        (400, Refused),
        (401, Refused),
        (404, Refused),
        (410, Refused),
        (408, Unavailable),
        (425, Unavailable),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_a_status_is_final_or_for_now(status: int, answer: type) -> None:
    body = b"" if status == 204 else b"because\r\n of this"
    with Receiver(lambda _call: Says(status, body)) as receiver:
        push = push_to(receiver.url)
        found = push.deliver(LETTER, NOW)
        push.close()
    assert type(found) is answer
    if isinstance(found, Refused | Unavailable) and status != 302:
        assert found.reason == f"answered {status}: because of this"


def test_redirects_are_not_followed() -> None:
    with Receiver() as other:
        headers = {"location": other.url}
        with Receiver(lambda _call: Says(307, headers=headers)) as receiver:
            push = push_to(receiver.url)
            assert push.deliver(LETTER, NOW) == Refused("answered 307: redirects are not followed")
            push.close()
    assert (len(receiver.calls), other.calls) == (1, [])


def test_a_hidden_address_is_refused_before_anything_is_sent() -> None:
    with Receiver() as receiver:
        push = WebhookPush(WebhookAddress("HOOK_SECRET", url=receiver.url), ENVIRONMENT)
        found = push.deliver(LETTER, NOW)
        push.close()
    assert isinstance(found, Refused)
    assert "127.0.0.1, which is not an address of the open internet" in found.reason
    assert receiver.calls == []


def test_the_certificate_must_be_that_of_the_name() -> None:
    authority = trustme.CA()
    trusting, server, wrong = (ssl.create_default_context() for _ in range(3))
    server, wrong = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    authority.configure_trust(trusting)
    authority.issue_cert("localhost").configure_cert(server)
    authority.issue_cert("elsewhere.example").configure_cert(wrong)
    answers = []
    for context in (server, wrong):
        with Receiver(tls=context) as receiver:
            push = push_to(f"https://localhost:{receiver.port}/", trusting)
            answers.append((push.deliver(LETTER, NOW), len(receiver.calls)))
            push.close()
    assert answers[0] == (Delivered(), 1)
    assert isinstance(answers[1][0], Unavailable)
    assert "CERTIFICATE_VERIFY_FAILED" in answers[1][0].reason
    assert answers[1][1] == 0


def test_a_receiver_that_is_silent_or_gone_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        push = push_to(f"http://127.0.0.1:{port}/")
        assert push.deliver(LETTER, NOW) == Unavailable("no answer in time")
        push.close()
    push = push_to(f"http://127.0.0.1:{port}/")
    found = push.deliver(LETTER, NOW)
    push.close()
    assert isinstance(found, Unavailable)
    assert "refused" in found.reason


def test_an_endless_answer_is_left() -> None:
    def trickle(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                while True:
                    connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=trickle, args=(server,))
        thread.start()
        push = push_to(f"http://127.0.0.1:{server.getsockname()[1]}/")
        assert push.deliver(LETTER, NOW) == Delivered()
        push.close()
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (format_datetime(NOW + timedelta(minutes=3)), timedelta(minutes=3)),
        (format_datetime(NOW - timedelta(minutes=3)), timedelta(0)),
        ("9" * 30, timedelta(days=1)),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, wait: timedelta | None) -> None:
    assert retry_after(header, NOW) == wait


def test_the_answer_says_how_long_to_wait() -> None:
    with Receiver(lambda _call: Says(429, b"", {"retry-after": "30"})) as receiver:
        push = push_to(receiver.url)
        assert push.deliver(LETTER, NOW) == Unavailable("answered 429", timedelta(seconds=30))
        push.close()


def test_secrets_are_neither_told_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    echo = Receiver(lambda call: Says(400, call.path.encode() + SIGNING_SECRET.encode()))
    with echo as receiver, caplog.at_level(logging.DEBUG):
        url = f"http://127.0.0.1:{receiver.port}/t0ps3cret"
        push = WebhookPush(
            WebhookAddress("HOOK_SECRET", url_env="HOOK_URL", allowed=LOOPBACK),
            {**ENVIRONMENT, "HOOK_URL": url},
        )
        found = push.deliver(LETTER, NOW)
        push.close()
    assert isinstance(found, Refused)
    for text in (found.reason, caplog.text, repr(push)):
        assert "t0ps3cret" not in text
        assert SIGNING_SECRET.removeprefix("whsec_") not in text


@given(st.text(), st.text(min_size=1).filter(lambda secret: secret not in "***…"))
def test_nothing_that_is_told_holds_a_secret(text: str, secret: str) -> None:
    said = told(f"{text}{secret}{text}", [secret])
    assert len(said) <= 300
    assert said.isprintable()
    if secret.isprintable() and " " not in secret:
        assert secret not in said.replace("***", "")


@pytest.mark.parametrize(
    ("address", "environment", "code"),
    [
        (WebhookAddress("ABSENT", url="https://example.com"), {}, "no-secret"),
        (WebhookAddress("S", url="https://example.com"), {"S": "whsec_short"}, "webhook-secret"),
        (
            WebhookAddress("S", url="https://example.com"),
            {"S": "not base64!" * 4},
            "webhook-secret",
        ),
        (WebhookAddress("HOOK_SECRET", url="ftp://example.com"), ENVIRONMENT, "webhook-url"),
        (WebhookAddress("HOOK_SECRET"), ENVIRONMENT, "webhook-url"),
        (WebhookAddress("HOOK_SECRET", url_env="ABSENT"), ENVIRONMENT, "no-secret"),
    ],
)
def test_what_is_missing_is_told_at_once(
    address: WebhookAddress, environment: dict[str, str], code: str
) -> None:
    with pytest.raises(RevopsError) as caught:
        WebhookPush(address, environment)
    assert caught.value.code == code
    assert all(secret not in str(caught.value) for secret in environment.values())


def test_the_payload_is_what_the_standard_recommends() -> None:
    assert json.loads(LETTER.payload).keys() == {"type", "timestamp", "data"}

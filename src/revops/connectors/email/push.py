"""Sends e-mail by SMTP, encrypted, in text and HTML."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from revops.connectors.push import Delivered, Refused, Unavailable, secret_of, told
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from revops.connectors.push import Answer
    from revops.store.outbox import Letter

_PERMANENT = range(500, 600)
_ADDRESS = re.compile(r"([^\s@,;:<>()\[\]\"\\]{1,64})@([\w.-]{1,253})")
_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


@dataclass(frozen=True)
class SmtpServer:
    """The server that sends our e-mail.

    Attributes:
        host: Its name.
        sender: From whom, such as `Revenue Operations <revops@example.com>`.
        port: 587 for `starttls`, 465 for `tls`, often 25 for `none`.
        security: `starttls` begins in the clear and insists on encryption, `tls` is encrypted
            from the start, `none` is for a server on the same machine and allows no password.
        username: With which name to log in, if at all.
        password_env: The environment variable of the password.
        timeout: How long each step may take.
    """

    host: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password_env: str | None = None
    timeout: timedelta = timedelta(seconds=20)


def email_payload(to: str, subject: str, text: str) -> dict[str, Any]:
    """An e-mail to one address, in text, and in HTML made from the same text.

    Line breaks in the subject, which a header cannot have, become spaces.
    """
    return {
        "to": to,
        "subject": " ".join(subject.split()),
        "text": text,
        "html": "".join(f"<p>{_html(each)}</p>\n" for each in re.split(r"\n\s*\n", text.strip())),
    }


def _html(paragraph: str) -> str:
    safe = escape(paragraph, quote=False).replace("\n", "<br>\n")
    return _URL.sub(lambda url: f'<a href="{url[0]}">{url[0]}</a>', safe)


class EmailPush:
    """Delivers letters whose payload is that of `email_payload`.

    Raises:
        RevopsError: The password is missing (`no-secret`) or would be sent in the clear, or the
            sender is not an address (`smtp-plain`, `smtp-sender`).
    """

    def __init__(
        self, server: SmtpServer, environment: Mapping[str, str], tls: ssl.SSLContext | None = None
    ) -> None:
        name = server.password_env
        if name and server.security == "none":
            raise RevopsError(
                "smtp-plain",
                f"the password for {server.host} would be sent unencrypted",
                "set 'security' to starttls or tls",
            )
        self._server = server
        self._domain = _domain(server.sender)
        self._password = secret_of(environment, name) if name else ""
        self._tls = tls or ssl.create_default_context()

    def deliver(self, letter: Letter, now: datetime) -> Answer:
        """Send once."""
        del now  # an e-mail bears the time at which it was written
        try:
            message = compose(letter, self._server.sender)
        except (ValueError, MessageError) as fault:
            return Refused(told(f"not an e-mail: {fault}", ()))
        try:
            connection = self._connected()
        except (smtplib.SMTPException, OSError) as fault:
            return Unavailable(self._told(fault))
        try:
            return self._sent(connection, message)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _connected(self) -> smtplib.SMTP:
        server, seconds = self._server, self._server.timeout.total_seconds()
        name = self._domain  # the machine's own name would be looked up, which may take long
        if server.security == "tls":
            secure = smtplib.SMTP_SSL(
                server.host, server.port, name, timeout=seconds, context=self._tls
            )
            return self._logged_in(secure)
        plain = smtplib.SMTP(server.host, server.port, name, timeout=seconds)
        return self._logged_in(plain)

    def _logged_in(self, connection: smtplib.SMTP) -> smtplib.SMTP:
        try:
            if self._server.security == "starttls":
                connection.starttls(context=self._tls)
            if self._server.username:
                connection.login(self._server.username, self._password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _sent(self, connection: smtplib.SMTP, message: EmailMessage) -> Answer:
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as fault:
            ((code, said),) = fault.recipients.values()
            return self._judged(code, said)
        except smtplib.SMTPResponseException as fault:
            return self._judged(fault.smtp_code, fault.smtp_error)
        except smtplib.SMTPNotSupportedError as fault:
            return Refused(self._told(fault))
        except (smtplib.SMTPException, OSError) as fault:
            return Unavailable(self._told(fault))
        return Delivered()

    def _judged(self, code: int, said: bytes | str) -> Answer:
        """RFC 5321, 4.2.1: 5yz is final, 4yz is for now."""
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        reason = told(f"answered {code}: {text}", (self._password,))
        return Refused(reason) if code in _PERMANENT else Unavailable(reason)

    def _told(self, fault: Exception) -> str:
        return told(f"{type(fault).__name__}: {fault}", (self._password,))

    def close(self) -> None:
        """Nothing is kept open."""


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The e-mail of a letter: the same to the last byte in every attempt.

    Raises:
        ValueError: The recipient is not one address, or a header has line breaks.
    """
    content = letter.content
    message = EmailMessage()
    message["From"] = sender
    message["To"] = _recipient(content["to"])
    message["Subject"] = content["subject"]
    message["Date"] = letter.created_at
    message["Message-ID"] = f"<{letter.key}@{_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
    message.set_content(content["text"])
    if content.get("html"):
        message.add_alternative(content["html"], subtype="html")
        message.set_boundary(sha256(letter.key.encode()).hexdigest()[:32])
    return message


def _recipient(text: str) -> Address:
    if not (match := _ADDRESS.fullmatch(text)):
        raise ValueError(f"'{text}' is not one e-mail address")
    return Address(username=match[1], domain=match[2].encode("idna").decode())


def _domain(sender: str) -> str:
    match = _ADDRESS.fullmatch(parseaddr(sender)[1])
    if match is None or not match[2].isascii():
        raise RevopsError("smtp-sender", f"'{sender}' is not an e-mail address to send from")
    return match[2]

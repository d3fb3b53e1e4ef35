"""Calls a receiver with a signed body (Standard Webhooks, https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from standardwebhooks import Webhook

from revops.connectors.outgoing import TIMEOUT, UNREACHED, Outgoing, judged, unreached
from revops.connectors.push import secret_of, secrets_of
from revops.kit.addresses import parse_target
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from revops.connectors.push import Answer
    from revops.kit.addresses import Network
    from revops.store.outbox import Letter

_SECRET_BYTES = range(24, 65)  # Standard Webhooks, "Signature scheme"


@dataclass(frozen=True)
class WebhookAddress:
    """Where a webhook goes; its URL is given, or in the environment if it is itself a secret.

    Attributes:
        secret_env: The environment variable of the signing secret, `whsec_` and base64.
        url: The URL.
        url_env: Instead of `url`, the environment variable that holds it.
        allowed: Networks that may be called although they are not of the open internet.
        timeout: How long each step of a call may take.
    """

    secret_env: str
    url: str | None = None
    url_env: str | None = None
    allowed: Sequence[Network] = ()
    timeout: timedelta = TIMEOUT


class WebhookPush:
    """Delivers letters to one receiver, each as it is, signed anew with every attempt.

    Raises:
        RevopsError: A secret is missing (`no-secret`) or not one (`webhook-secret`), or the URL
            is none (`webhook-url`).
    """

    def __init__(
        self,
        address: WebhookAddress,
        environment: Mapping[str, str],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        secret = secret_of(environment, address.secret_env)
        self._signer = _signer(secret, address.secret_env)
        self._url = _url(address, environment)
        hidden = secrets_of(self._url) if address.url_env else ()
        self._secrets = (secret, secret.removeprefix("whsec_"), *hidden)
        self._outgoing = Outgoing(address.allowed, address.timeout, tls)

    def deliver(self, letter: Letter, now: datetime) -> Answer:
        """Call once; `webhook-id` is the letter's key."""
        headers = {
            "content-type": "application/json",
            "webhook-id": letter.key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(letter.key, now, letter.payload),
        }
        try:
            reply = self._outgoing.send("POST", self._url, headers, letter.payload.encode())
        except UNREACHED as fault:
            return unreached(fault, self._secrets)
        return judged(reply, now, self._secrets)

    def close(self) -> None:
        """Close its connections."""
        self._outgoing.close()


def webhook_payload(event: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """The body that Standard Webhooks recommends."""
    return {"type": event, "timestamp": at.isoformat(), "data": dict(data)}


def _url(address: WebhookAddress, environment: Mapping[str, str]) -> str:
    if address.url_env:
        url, where = secret_of(environment, address.url_env), f"variable {address.url_env}"
    else:
        url, where = address.url or "", "definition"
    try:
        parse_target(url)
    except ValueError as fault:
        raise RevopsError("webhook-url", f"the URL in the {where} is not usable: {fault}") from None
    return url


def _signer(secret: str, name: str) -> Webhook:
    """Checked here, because the library would ignore characters that are not base64."""
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in _SECRET_BYTES:
        raise RevopsError(
            "webhook-secret",
            f"the environment variable {name} is not a signing secret",
            "give it 'whsec_' and the base64 of 24 to 64 random bytes: openssl rand -base64 32",
        )
    return Webhook(key)

"""Posts in Slack: as a bot in any channel or to a person, or through one incoming webhook.

Slack promises no idempotency. The key goes along as `client_msg_id`, by which Slack drops a
repetition that comes soon, and in the message's metadata, where a program can find it later.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from slack_sdk.errors import SlackApiError
from slack_sdk.web import WebClient
from slack_sdk.webhook import WebhookClient, WebhookResponse

from revops.connectors.outgoing import TIMEOUT, UNREACHED, Outgoing, Reply, judged, unreached
from revops.connectors.push import Refused, Unavailable, secret_of, secrets_of, told
from revops.kit.addresses import parse_target
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta
    from urllib.request import Request

    from revops.connectors.push import Answer
    from revops.kit.addresses import Network
    from revops.store.outbox import Letter

_OK = 200
_ERROR = re.compile(r"[a-z_]+")  # whoever answers otherwise is not Slack
_SILENT = logging.getLogger(f"{__name__}.silent")  # the client would log URLs, which are secrets
_SILENT.disabled = True
_NOT_NOW = {
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
}
_NOT_WITH_THIS_TOKEN = {
    "account_inactive",
    "invalid_auth",
    "missing_scope",
    "not_authed",
    "token_expired",
    "token_revoked",
}  # the letter is sound: it waits until the token is mended


@dataclass(frozen=True)
class SlackAddress:
    """How to post in Slack: with a bot's token or through a webhook, whichever is given.

    Attributes:
        bot_token_env: The environment variable of the bot's token, `xoxb-…`.
        webhook_url_env: The environment variable of an incoming webhook's URL, which is a secret.
        base_url: Where Slack's methods are.
        allowed: Networks that may be called although they are not of the open internet.
        timeout: How long each step of a call may take.
    """

    bot_token_env: str | None = None
    webhook_url_env: str | None = None
    base_url: str = WebClient.BASE_URL
    allowed: Sequence[Network] = ()
    timeout: timedelta = TIMEOUT


def slack_payload(to: str, text: str) -> dict[str, Any]:
    """What is to be posted: `to` is a channel (`#sales`, `C024BE91L`) or a person's e-mail."""
    return {"to": to, "text": text}


class SlackPush:
    """Delivers letters whose payload is that of `slack_payload`.

    Raises:
        RevopsError: The secret is missing (`no-secret`), or the URL is none (`slack-url`).
    """

    def __init__(
        self,
        address: SlackAddress,
        environment: Mapping[str, str],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        name = address.bot_token_env or address.webhook_url_env or "SLACK_BOT_TOKEN"
        secret = secret_of(environment, name)
        self._secrets = (secret, *secrets_of(secret))
        self._outgoing = Outgoing(address.allowed, address.timeout, tls)
        self._post = (
            _Bot(secret, _checked(address.base_url, "base_url"), self._outgoing).post
            if address.bot_token_env
            else _Hook(_checked(secret, name), self._outgoing).post
        )

    def deliver(self, letter: Letter, now: datetime) -> Answer:
        """Post once."""
        try:
            reply = self._post(letter)
        except UNREACHED as fault:
            return unreached(fault, self._secrets)
        except SlackApiError as fault:
            return self._judged(fault, now)
        return judged(reply, now, self._secrets)

    def _judged(self, fault: SlackApiError, now: datetime) -> Answer:
        """Slack answers 200 also when it does not do what it is asked, and says why."""
        said = fault.response
        if said.status_code != _OK:
            return judged(Reply(said.status_code, said.headers, ""), now, ())
        error = told(str(said.get("error")), self._secrets)
        if error in _NOT_NOW | _NOT_WITH_THIS_TOKEN or not _ERROR.fullmatch(error):
            return Unavailable(f"Slack says {error}")
        return Refused(f"Slack says {error}")

    def close(self) -> None:
        """Close its connections."""
        self._outgoing.close()


def _checked(url: str, where: str) -> str:
    try:
        parse_target(url)
    except ValueError as fault:
        raise RevopsError("slack-url", f"the URL in {where} is not usable: {fault}") from None
    return url


def _metadata(letter: Letter) -> dict[str, Any]:
    return {"event_type": "revops_message", "event_payload": {"key": letter.key}}


class _Bot(WebClient):
    """The client for Slack's methods, with calls made as all others are."""

    def __init__(self, token: str, base_url: str, outgoing: Outgoing) -> None:
        super().__init__(token=token, base_url=base_url, logger=_SILENT, retry_handlers=[])
        self._outgoing = outgoing
        self._people: dict[str, str] = {}

    def post(self, letter: Letter) -> Reply:
        to = str(letter.content["to"])
        done = self.chat_postMessage(
            channel=self._person(to) if "@" in to else to,
            text=letter.content["text"],
            metadata=_metadata(letter),
            client_msg_id=str(uuid5(NAMESPACE_URL, letter.key)),
        )
        return Reply(done.status_code, done.headers, "")

    def _person(self, email: str) -> str:
        if email not in self._people:
            self._people[email] = self.users_lookupByEmail(email=email)["user"]["id"]
        return self._people[email]

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        reply = _send(self._outgoing, url, req)
        return {"status": reply.status, "headers": reply.headers, "body": reply.text}


class _Hook(WebhookClient):
    """The client for one incoming webhook, with calls made as all others are."""

    def __init__(self, url: str, outgoing: Outgoing) -> None:
        super().__init__(url, logger=_SILENT, retry_handlers=[])
        self._outgoing = outgoing

    def post(self, letter: Letter) -> Reply:
        """Whoever is meant is named, because a webhook posts in one channel only."""
        to, text = letter.content["to"], letter.content["text"]
        said = f"For {to}: {text}" if "@" in to else text
        done = self.send(text=said, metadata=_metadata(letter))
        return Reply(done.status_code, done.headers, done.body)

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        reply = _send(self._outgoing, url, req)
        return WebhookResponse(
            url=url, status_code=reply.status, body=reply.text, headers=dict(reply.headers)
        )


def _send(outgoing: Outgoing, url: str, req: Request) -> Reply:
    headers = {name.lower(): value for name, value in req.header_items()}
    body = req.data if isinstance(req.data, bytes) else b""
    return outgoing.send(req.get_method(), url, headers, body)

"""Calls over HTTP to checked addresses: no redirects, no proxies, answers of bounded size.

The transport of httpx is used without its client, which would follow the environment's proxies,
keep cookies and write whole URLs, which may be secrets, to the log.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING

import httpx

from revops import __version__
from revops.connectors.push import Delivered, Refused, Unavailable, told
from revops.kit.addresses import RefusedAddressError, parse_target, reachable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping, Sequence

    from revops.connectors.push import Answer
    from revops.kit.addresses import Address, Network, Target

USER_AGENT = f"revops/{__version__}"
TIMEOUT = timedelta(seconds=10)
UNREACHED = (httpx.TransportError, OSError, RefusedAddressError)
"""What `Outgoing.send` raises when there is no answer."""

_MOST_ADDRESSES = 3
_MOST_BYTES = 64 * 1024
_LONGEST_WAIT = timedelta(days=1)
_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True)
class Reply:
    """What a server answered: status, headers, and the beginning of the body as text."""

    status: int
    headers: Mapping[str, str]
    text: str


class Outgoing:
    """Makes calls; keeps connections open for the next one, apart for each host.

    Args:
        allowed: Networks that may be called although they are not of the open internet.
        timeout: How long each step may take: connecting, sending, and each wait for an answer.
        tls: Which certificates are trusted; those of certifi, or of SSL_CERT_FILE, if not given.
    """

    def __init__(
        self,
        allowed: Sequence[Network] = (),
        timeout: timedelta = TIMEOUT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed
        self._seconds = timeout.total_seconds()
        self._tls = tls or httpx.create_ssl_context()
        self._transports: dict[str, httpx.HTTPTransport] = {}
        self._lock = Lock()

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a request and read the answer, whatever its status.

        Raises:
            RefusedAddressError: The URL leads where nothing may be called.
            OSError: The name cannot be resolved.
            httpx.TransportError: Nothing answers, or not what HTTP is.
            ValueError: It is not a URL.
        """
        target = parse_target(url)
        *first, last = reachable(target, self._allowed)[:_MOST_ADDRESSES]
        for address in first:
            try:
                return self._send(method, target, address, headers, body)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._send(method, target, last, headers, body)

    def _send(
        self,
        method: str,
        target: Target,
        address: Address,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Reply:
        request = httpx.Request(
            method,
            target.at(address),
            headers={"user-agent": USER_AGENT, **headers, "host": target.authority},
            content=body,
            extensions={
                "timeout": httpx.Timeout(self._seconds).as_dict(),
                "sni_hostname": target.host,  # what the certificate must be for
            },
        )
        response = self._transport(target.authority).handle_request(request)
        try:
            text = self._read(response).decode(errors="replace")
        finally:
            response.close()
        return Reply(response.status_code, response.headers, text)

    def _transport(self, authority: str) -> httpx.HTTPTransport:
        """The connections to one host: another may share its address, but not its certificate."""
        with self._lock:
            if authority not in self._transports:
                self._transports[authority] = httpx.HTTPTransport(verify=self._tls)
            return self._transports[authority]

    def _read(self, response: httpx.Response) -> bytes:
        """The beginning of the body; one that is endless or trickles is left."""
        until = time.monotonic() + self._seconds
        found = b""
        for part in response.iter_raw():
            found += part
            if len(found) > _MOST_BYTES or time.monotonic() > until:
                break
        return found[:_MOST_BYTES]

    def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            transport.close()


def judged(reply: Reply, now: datetime, secrets: Iterable[str]) -> Answer:
    """What a status means: 2xx taken; 408, 425, 429 and 5xx not now; all others never."""
    if HTTPStatus(200) <= reply.status < HTTPStatus(300):
        return Delivered()
    said = told(reply.text, secrets)
    reason = f"answered {reply.status}" + (f": {said}" if said else "")
    if reply.status in _LATER or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(reason, retry_after(reply.headers.get("retry-after", ""), now))
    if HTTPStatus(300) <= reply.status < HTTPStatus(400):
        return Refused(f"answered {reply.status}: redirects are not followed")
    return Refused(reason)


def unreached(fault: Exception, secrets: Iterable[str]) -> Answer:
    """What it means that there was no answer."""
    if isinstance(fault, RefusedAddressError):
        return Refused(told(str(fault), secrets))
    if isinstance(fault, httpx.TimeoutException):
        return Unavailable("no answer in time")
    reason = f"{type(fault).__name__}: {fault}"
    return Unavailable(told(reason, secrets))


def retry_after(header: str, now: datetime) -> timedelta | None:
    """How long a Retry-After header asks to wait (RFC 9110, 10.2.3): at most a day."""
    if header.strip().isdecimal():
        wait = timedelta(seconds=min(int(header), _LONGEST_WAIT.total_seconds()))
    else:
        try:
            until = parsedate_to_datetime(header)
        except ValueError:
            return None
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)

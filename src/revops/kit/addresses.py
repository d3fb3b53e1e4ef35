"""Which addresses outside may be called: resolved, checked, and then called as they were checked.

A name may lead anywhere, also to the machine itself or to a cloud's secrets, and may lead
elsewhere a moment later. So a caller resolves once, checks every address found, and connects to
an address that was checked, while the name goes into the Host header and the certificate check.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[a-z0-9._-]{1,253}")
_LONGEST = 2000
_NEVER = re.compile(r"[\x00-\x20\x7f\\]")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_CARRIES_IPV4 = IPv6Network("64:ff9b::/96")  # NAT64, RFC 6052
_NOT_PUBLIC = (
    IPv4Network("168.63.129.16/32"),  # Azure's metadata and DNS, in a public range
    IPv4Network("192.0.0.0/24"),  # RFC 6890; Oracle's metadata is in it
    IPv4Network("192.88.99.0/24"),  # RFC 7526, formerly 6to4 relays
)


class RefusedAddressError(ValueError):
    """An address that must not be called."""


@dataclass(frozen=True)
class Target:
    """What a URL names, in parts that need no second parser.

    Attributes:
        scheme: `https` or `http`.
        host: A name in ASCII, or an address without brackets.
        port: The port, also where it is the usual one.
        path: Path and query, beginning with a slash.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        return self._with(self.host)

    def at(self, address: Address) -> str:
        """The URL with the address in the place of the name."""
        return f"{self.scheme}://{self._with(str(address))}{self.path}"

    def _with(self, host: str) -> str:
        bare = f"[{host}]" if ":" in host else host
        return bare if self.port == _PORTS[self.scheme] else f"{bare}:{self.port}"


def parse_target(url: str) -> Target:
    """Take a URL apart.

    Raises:
        ValueError: It is not an `https` or `http` URL with a host, or it holds a user name,
            a fragment, spaces or backslashes, or characters beyond ASCII after the host.
    """
    if _NEVER.search(url) or len(url) > _LONGEST:
        raise ValueError(f"it has spaces or backslashes, or more than {_LONGEST} characters")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _ascii(parts.hostname or "")
    except ValueError:
        raise ValueError("it is not a URL; write one as 'https://example.com/hook'") from None
    if parts.scheme not in _PORTS:
        raise ValueError("it does not begin with https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it holds a user name or password")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.fragment or not path.isascii():
        raise ValueError("it has a fragment, or a path with characters to be written as %xx")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def _ascii(host: str) -> str:
    """A host as it is looked up; a name beyond ASCII by its IDNA form."""
    if ":" in host and "%" not in host:  # a zone such as %eth0 is of this machine alone
        return str(IPv6Address(host))
    name = host if host.isascii() else host.encode("idna").decode()
    if not _HOST.fullmatch(name):
        raise ValueError(host)
    return name


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks such as `10.0.0.0/8`, or single addresses.

    Raises:
        ValueError: One of them is neither.
    """
    return tuple(_network(text) for text in texts)


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(
            f"'{text}' is not a network; write one as '10.0.0.0/8' or '127.0.0.1'"
        ) from None


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet: not private, local, shared or reserved.

    What carries an IPv4 address inside (mapped, NAT64, 6to4) is as public as that.
    """
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if inner is not None:
        return is_public(inner)
    if isinstance(address, IPv4Address):
        special = address.is_multicast or any(address in each for each in _NOT_PUBLIC)
        return address.is_global and not special
    if address in _CARRIES_IPV4:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    if address.sixtofour is not None:
        return is_public(address.sixtofour)
    return address in _GLOBAL_UNICAST and address.is_global


def refusal(target: Target, addresses: Sequence[Address], allowed: Sequence[Network]) -> str:
    """Why a target with these addresses must not be called; empty if it may be."""
    beyond = [each for each in addresses if not _is_in(each, allowed)]
    hidden = [str(each) for each in beyond if not is_public(each)]
    if hidden:
        return (
            f"{target.host} leads to {hidden[0]}, which is not an address of the open internet;"
            " allow its network if that is meant"
        )
    if target.scheme == "http" and beyond:
        return f"{target.host} is called by http, which only allowed networks are; use https"
    return ""


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any((mapped or address) in network for network in networks)


def resolve(target: Target) -> tuple[Address, ...]:
    """All addresses of a target's host, in the order to try them.

    Raises:
        OSError: The name leads nowhere, or no name server answers.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ip_address(each[4][0]) for each in found))


def reachable(target: Target, allowed: Sequence[Network]) -> tuple[Address, ...]:
    """The addresses of a target, all of which may be called: connect to these and no others.

    Args:
        target: What is to be called.
        allowed: Networks that may be called although they are not of the open internet.

    Raises:
        RefusedAddressError: One of its addresses must not be called.
        OSError: It cannot be resolved.
    """
    addresses = resolve(target)
    if why := refusal(target, addresses, allowed):
        raise RefusedAddressError(why)
    return addresses

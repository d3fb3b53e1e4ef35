from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.kit.addresses import (
    RefusedAddressError,
    is_public,
    parse_networks,
    parse_target,
    reachable,
    refusal,
)

PRIVATE = [
    "0.0.0.1",
    "10.1.2.3",
    "100.100.100.200",  # Alibaba's metadata, in the shared range
    "127.0.0.1",
    "168.63.129.16",  # Azure's
    "169.254.169.254",  # everyone else's
    "172.16.0.1",
    "192.0.0.192",  # Oracle's
    "192.168.1.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",  # Amazon's, by IPv6
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("text", PRIVATE)
def test_what_is_not_of_the_open_internet_is_refused(text: str) -> None:
    target = parse_target("https://example.com/")
    assert not is_public(ip_address(text))
    assert str(ip_address(text)) in refusal(target, [ip_address("1.1.1.1"), ip_address(text)], [])


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_of_the_open_internet_may_be_called(text: str) -> None:
    assert is_public(ip_address(text))
    assert refusal(parse_target("https://example.com/"), [ip_address(text)], []) == ""


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_inside_an_ipv6_one(address: IPv4Address) -> None:
    mapped = IPv6Address(f"::ffff:{address}")
    translated = IPv6Address(int(IPv6Address("64:ff9b::")) | int(address))
    assert is_public(mapped) == is_public(translated) == is_public(address)
    assert not is_public(address) or address.is_global


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
    ],
)
def test_however_the_loopback_is_written_it_is_refused(url: str) -> None:
    with pytest.raises(RefusedAddressError, match="not an address of the open internet"):
        reachable(parse_target(url), [])


def test_an_allowed_network_may_be_called_also_by_http() -> None:
    allowed = parse_networks(["127.0.0.0/8"])
    target = parse_target("http://127.0.0.1:8080/hook")
    assert reachable(target, allowed) == (IPv4Address("127.0.0.1"),)
    mapped = parse_target("http://[::ffff:127.0.0.1]/")
    assert refusal(mapped, [IPv6Address("::ffff:127.0.0.1")], allowed) == ""


def test_http_is_for_allowed_networks_only() -> None:
    target = parse_target("http://example.com/hook")
    assert "use https" in refusal(target, [IPv4Address("1.1.1.1")], [])
    assert refusal(target, [IPv4Address("1.1.1.1")], parse_networks(["1.1.1.0/24"])) == ""


def test_one_hidden_address_among_public_ones_is_enough_to_refuse() -> None:
    addresses = [IPv4Address("1.1.1.1"), IPv4Address("10.0.0.1")]
    assert "10.0.0.1" in refusal(parse_target("https://example.com"), addresses, [])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "https://"),
        ("example.com", "https://"),
        ("", "https://"),
        ("https://", "not a URL"),
        ("https://user:pass@example.com/", "user name"),
        ("https://example.com:99999/", "not a URL"),
        ("https://example.com/a b", "spaces"),
        ("https://example.com/\r\nHost: evil", "spaces"),
        ("https://example.com\\@evil.com/", "spaces"),
        ("https://exa mple.com/", "spaces"),
        ("https://exa$mple.com/", "not a URL"),
        ("https://example.com/ä", "%xx"),
        ("https://example.com/#part", "fragment"),
        ("https://[::1/", "not a URL"),
        ("https://[fe80::1%eth0]/", "not a URL"),
    ],
)
def test_what_is_no_plain_url_is_refused(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_target(url)


@pytest.mark.parametrize(
    ("url", "authority", "at"),
    [
        ("https://Example.com", "example.com", "https://1.2.3.4/"),
        ("https://example.com:8443/a?b=c", "example.com:8443", "https://1.2.3.4:8443/a?b=c"),
        ("http://[2001:db8::1]:80/x", "[2001:db8::1]", "http://1.2.3.4/x"),
        ("https://bücher.example/", "xn--bcher-kva.example", "https://1.2.3.4/"),
    ],
)
def test_the_name_is_kept_and_the_address_called(url: str, authority: str, at: str) -> None:
    target = parse_target(url)
    assert target.authority == authority
    assert target.at(IPv4Address("1.2.3.4")) == at


def test_an_ipv6_address_is_called_in_brackets() -> None:
    assert parse_target("https://a.example/x").at(IPv6Address("::1")) == "https://[::1]/x"


def test_a_name_that_leads_nowhere_is_told_apart_from_one_that_is_refused() -> None:
    with pytest.raises(socket.gaierror):
        reachable(parse_target("https://nowhere.invalid/"), [])


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'10\.0\.0\.1/8' is not a network"):
        parse_networks(["10.0.0.1/8"])

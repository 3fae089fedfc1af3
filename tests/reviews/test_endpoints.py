"""Addresses that may be asked, and none behind our own walls."""

import socket
from ipaddress import ip_network

import pytest

from agents.errors import InvalidInput
from reviews import endpoints
from reviews.endpoints import Unreachable, clean_url, may_reach, resolve


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "ftp://example.com/", "example.com", "https://", "",
        "https://me:secret@example.com/", "https://example.com:0/", "https://example.com:x/",
        "https://exa mple.com/", "https://example.com/\r\nx: y", "https://" + "a" * 600,
        "http://127.0.0.2/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_address_for_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        clean_url(url)


def test_https_is_taken_and_this_machine_in_development(settings) -> None:
    assert clean_url(" https://hooks.example.com/a?b=c ") == "https://hooks.example.com/a?b=c"
    assert clean_url("http://127.0.0.1:9/x") == "http://127.0.0.1:9/x"
    settings.SECURE = True
    with pytest.raises(InvalidInput, match="https only"):
        clean_url("http://127.0.0.1:9/x")


@pytest.mark.parametrize(
    ("ip", "is_reached"),
    [
        ("93.184.216.34", True), ("2606:4700::1111", True),
        ("127.0.0.1", False), ("10.0.0.7", False), ("192.168.1.1", False), ("172.16.0.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("224.0.0.1", False),
        ("::1", False), ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:10.0.0.1", False),
        ("::ffff:127.0.0.1", False),
    ],
)  # fmt: skip
def test_only_public_addresses_are_reached(ip: str, is_reached: bool) -> None:
    assert may_reach(ip) is is_reached


def test_an_operator_allows_networks_of_their_own(settings) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("10.1.0.0/16")]
    assert may_reach("10.1.2.3")
    assert not may_reach("10.2.2.3")


def answers(*ips: str):
    """A resolver that gives these addresses for any name: the seam to the network's names."""
    return lambda host, port, **_: [(2, 1, 6, "", (ip, port)) for ip in ips]


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch) -> None:
    monkeypatch.setattr(endpoints.socket, "getaddrinfo", answers("93.184.216.34", "10.0.0.1"))
    with pytest.raises(Unreachable, match="not public"):
        resolve("https://rebound.example/")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch) -> None:
    monkeypatch.setattr(endpoints.socket, "getaddrinfo", answers("93.184.216.34"))
    asked = []

    def connect(address, timeout):
        asked.append(address)
        raise OSError("closed")

    monkeypatch.setattr(endpoints.socket, "create_connection", connect)
    with pytest.raises(Unreachable, match="OSError"):
        endpoints.post("https://hooks.example/a", b"{}", {})
    assert asked == [("93.184.216.34", 443)]


def test_a_name_without_an_address_is_said(monkeypatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror("unknown")

    monkeypatch.setattr(endpoints.socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match="has no address"):
        resolve("https://nowhere.example/")

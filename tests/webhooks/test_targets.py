"""Where webhooks may lead: addresses as they are written, and where names lead."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.webhooks.targets import Policy, Refused, Target, is_public

POLICY = Policy.of("80,443,8443", "")


@pytest.mark.parametrize(
    ("url", "target", "authority"),
    [
        ("https://a.example", Target("https", "a.example", 443, "/"), "a.example"),
        ("http://A.Example:443/x?y=%20", Target("http", "a.example", 443, "/x?y=%20"),
         "a.example:443"),
        ("https://a.example:8443?q", Target("https", "a.example", 8443, "/?q"), "a.example:8443"),
        ("https://[2606:4700::1]/", Target("https", "2606:4700::1", 443, "/"), "[2606:4700::1]"),
        ("https://8.8.8.8/", Target("https", "8.8.8.8", 443, "/"), "8.8.8.8"),
    ],
)  # fmt: skip
def test_an_address_is_read_once(url: str, target: Target, authority: str) -> None:
    found = POLICY.target(url)
    assert (found, found.authority) == (target, authority)


@pytest.mark.parametrize(
    "url",
    ["", "a.example", "//a.example", "ftp://a.example", "file:///etc/passwd", "gopher://a.example",
     "https://", "https:///a", "https://u@a.example", "https://u:p@a.example/",
     "https://a.example@b.example", "https://a.example#f", "https://a.example/#f",
     "https://a.example\\@b.example", "https://a.example/\\", "https://a.example/\n",
     "https://a.example/\r\nHost: b", "https://a.example /", " https://a.example",
     "https://a.example:0443x/", "https://a.example:99999/", "https://a.example:22/",
     "https://a.example:/", "https://a.example:-1/", "https://-a.example/", "https://a.example-/",
     "https://ä.example/", "https://a%2eexample/", "https://[::1", "https://::1/",
     "https://[1::2::3]/", "https://[fe80::1%25eth0]/", "https://2130706433/", "https://0x7f.1/",
     "https://127.1/", "https://0177.0.0.1/", "https://1.2.3.4.5/", "https://0x7f000001/",
     "https://a.0x1/", "https://a_b.example/", "https://a.example/\x00", "https://a.example/\x7f"],
)  # fmt: skip
def test_what_is_no_address_to_send_to(url: str) -> None:
    with pytest.raises(Refused):
        POLICY.target(url)


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::1",
     "::ffff:8.8.8.8"],
)  # fmt: skip
def test_public_addresses(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["0.0.0.1", "0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254",
     "169.254.169.254", "172.16.0.1", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1",
     "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
     "255.255.255.255", "::", "::1", "::7f00:1", "::10.0.0.1",
     "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::7f00:1",
     "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1",
     "2001:0:4136:e378:8000:63bf:80ff:fffe",
     "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "fc00::1", "fd12::1", "fe80::1",
     "fec0::1", "ff02::1", "ff0e::1", "4000::1"],
)  # fmt: skip
def test_addresses_that_are_refused(text: str) -> None:
    address = ip_address(text)
    assert not is_public(address)
    with pytest.raises(Refused, match="isn't public"):
        POLICY.check("a.example", [ip_address("8.8.8.8"), address])


def test_a_host_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(Refused):
        POLICY.check("a.example", [])


@pytest.mark.parametrize(
    ("allowed", "host", "address", "open_"),
    [
        ("10.0.0.0/8", "a", "10.1.2.3", True),
        ("10.0.0.0/8", "a", "192.168.0.1", False),
        ("10.0.0.0/8", "a", "::ffff:10.1.2.3", True),
        ("fd00::/8", "a", "fd00::1", True),
        ("fd00::/8", "a", "10.0.0.1", False),
        ("inside.example, 10.0.0.0/8", "inside.example", "192.168.0.1", True),
        ("inside.example", "other.inside.example", "192.168.0.1", False),
        ("127.0.0.1", "a", "127.0.0.1", True),
    ],
)
def test_private_places_can_be_opened(
    allowed: str, host: str, address: str, *, open_: bool
) -> None:
    policy = Policy.of("80", allowed)
    if open_:
        assert policy.check(host, [ip_address(address)])
    else:
        with pytest.raises(Refused):
            policy.check(host, [ip_address(address)])


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "https://localhost/", "http://[::1]/", "http://169.254.169.254/latest",
     "http://[::ffff:10.0.0.1]/", "http://user@8.8.8.8/", "http://8.8.8.8:22/", "http://0x7f.1/",
     "ftp://8.8.8.8/", "http://8.8.8.8/#a"],
)  # fmt: skip
def test_a_webhook_to_such_a_place_is_refused_by_name(client: TestClient, url: str) -> None:
    answer = client.post("/v1/webhooks", json={"url": url})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/url"]


def test_a_name_with_one_private_address_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(_host: str, port: int, **_rest: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (one, port)) for one in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    answer = client.post("/v1/webhooks", json={"url": "https://hooks.example.org/"})
    assert answer.status_code == 422
    assert "isn't public" in answer.json()["detail"]

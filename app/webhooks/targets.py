"""Where the service may send: an address is read once, and every place it leads to is checked.

Whoever may create a webhook makes the service connect to an address of theirs. It must not lead to
what only the service can reach: this machine, its network, the metadata of its cloud. Names are
resolved anew at each delivery, and the connection goes to the very address that was checked.
"""

import re
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>[/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?",
    re.IGNORECASE,
)
_USUAL = {"http": 80, "https": 443}
_UNICAST = IPv6Network("2000::/3")
_MAPPED, _COMPATIBLE = IPv6Network("::ffff:0:0/96"), IPv6Network("::/96")
_NAT64, _SIX_TO_FOUR, _TEREDO = (
    IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"), IPv6Network("2001::/32"),
)  # fmt: skip
_NEVER = tuple(
    map(
        ip_network,
        # Relays and benchmarks, which count as global in some tables.
        ("192.88.99.0/24", "198.18.0.0/15", "100.64.0.0/10", "192.0.0.0/24", "2001::/23"),
    )
)

RESOLVERS = ThreadPoolExecutor(16, thread_name_prefix="names")
"""Names are asked for here: a name server that doesn't answer takes no thread of anybody else."""
ASKING = 3.0
"""Seconds a name may take to be found while somebody waits."""


class Refused(ValueError):  # noqa: N818 - what became of the address, as elsewhere
    """The address isn't one to send to; says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address to send to, in its parts."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What stands in the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _USUAL[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed: the ports, and what is open though it isn't public."""

    ports: frozenset[int]
    allowed: tuple[str, ...] = ()
    """Names of hosts, and networks."""

    @classmethod
    def of(cls, ports: str, allowed: str) -> "Policy":
        """From settings: lists separated by commas."""
        names = tuple(name.strip().lower() for name in allowed.split(",") if name.strip())
        return cls(frozenset(int(port) for port in ports.split(",")), names)

    def target(self, url: str) -> Target:
        """Read an address. Raises Refused."""
        found = _URL.fullmatch(url)
        if found is None:
            raise Refused("must be like https://host/path, with no user, fragment or backslash")
        scheme, host = found["scheme"].lower(), found["host"].lower().strip("[]")
        port = int(found["port"] or _USUAL[scheme])
        if port not in self.ports:
            raise Refused(f"has port {port}, which isn't one of ENTENTE_WEBHOOK_PORTS")
        last = host.rsplit(".", 1)[-1]
        if ":" in host or last.isdigit() or re.fullmatch("0x[0-9a-f]*", last):
            try:
                ip_address(host)
            except ValueError:
                raise Refused("has a number for a host that isn't an address") from None
        path = found["path"] or "/"
        return Target(scheme, host, port, path if path.startswith("/") else f"/{path}")

    def check(self, host: str, addresses: Iterable[Address]) -> list[Address]:
        """The addresses of a host, if every one of them may be sent to. Raises Refused."""
        found = list(dict.fromkeys(addresses))
        if not found:
            raise Refused("leads nowhere")
        if host not in self.allowed and not all(map(self._open, found)):
            raise Refused("leads to an address that isn't public (see ENTENTE_WEBHOOK_ALLOW)")
        return found

    def _open(self, address: Address) -> bool:
        if is_public(address):
            return True
        inner = embedded(address)
        return any(
            one in network
            for one in (address, *inner)
            for network in self._networks()
            if one.version == network.version
        )

    def _networks(self) -> Iterable[IPv4Network | IPv6Network]:
        for name in self.allowed:
            try:
                yield ip_network(name)
            except ValueError:
                continue

    def look(self, url: str) -> Target:
        """Read an address and look where it leads now. Raises Refused.

        A name that isn't found, or not in time, is let through: it is looked up again whenever
        something is to be sent.
        """
        target = self.target(url)
        try:
            addresses = RESOLVERS.submit(resolved, target).result(ASKING)
        except (OSError, UnicodeError, TooSlow):
            return target
        self.check(target.host, addresses)
        return target


def resolved(target: Target) -> list[Address]:
    """Every address of a host, in the order of preference. Raises OSError."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def is_public(address: Address) -> bool:
    """Whether an address is global unicast, and so is every one that is embedded in it."""
    inner = embedded(address)
    if inner:
        return all(map(is_public, inner))
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    if address.is_multicast or not address.is_global:
        return False
    return address.version == 4 or address in _UNICAST  # noqa: PLR2004 - the version of the protocol


def embedded(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address stands for, on the way through a gateway."""
    if isinstance(address, IPv4Address):
        return []
    number = int(address)
    low = IPv4Address(number & 0xFFFF_FFFF)
    if address in _MAPPED or address in _NAT64:
        return [low]
    if address in _COMPATIBLE and number > 1:
        return [low]
    if address in _SIX_TO_FOUR:
        return [IPv4Address(number >> 80 & 0xFFFF_FFFF)]
    if address in _TEREDO:
        return [IPv4Address(number >> 64 & 0xFFFF_FFFF), IPv4Address(int(low) ^ 0xFFFF_FFFF)]
    return []

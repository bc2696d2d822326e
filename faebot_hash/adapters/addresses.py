"""Which internet addresses may be connected to: public ones only, by block lists of our own.

The tables of ``ipaddress`` (``is_global`` and the like) differ between Python versions and let embedded IPv4
addresses through; only its arithmetic is used.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

PORTS = frozenset({80, 443, 8000, 8080, 8443})

FORBIDDEN_IPV4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
PUBLIC_IPV6 = IPv6Network("2000::/3")
FORBIDDEN_IPV6 = tuple(
    IPv6Network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def address_of(text: str) -> Address | None:
    """Read an address in its usual spelling; None for any other, and for one with a zone."""
    if "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in FORBIDDEN_IPV4)
    return address in PUBLIC_IPV6 and not any(address in block for block in FORBIDDEN_IPV6)


class PublicOnly:
    """The policy of production; a test's subclass also allows the very address and port of its server."""

    def allows_port(self, port: int) -> bool:
        """Tell whether any address may be asked at this port."""
        return port in PORTS

    def allows(self, address: Address, port: int) -> bool:
        """Tell whether this address may be connected to at this port."""
        return port in PORTS and is_public(address)

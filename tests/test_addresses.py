"""The address rule against every block that is not public, its edges, and odd spellings (goal L1)."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from faebot_hash.adapters.addresses import FORBIDDEN_IPV4, FORBIDDEN_IPV6, PublicOnly, address_of, is_public
from tests.counting import Counted

# What wraps an IPv4 address, or was never part of the public IPv6 internet.
STRANGE_IPV6_TEXT = """
:: ::1 ::7f00:1 ::a00:1 ::ffff:0:7f00:1 ::ffff:7f00:1 ::ffff:a00:1 ::ffff:ac10:1 ::ffff:c0a8:1
::ffff:a9fe:a9fe ::ffff:808:808 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::808:808 64:ff9b:1::1
64:ff9b:1:ffff::1 100::1 100:0:0:1::1 200::1 400::1 800::1 1000::1 1fff:ffff:: 2001::1 2001:0:7f00:1::
2001:1::1 2001:1::2 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1 2001:30::1 2001:1ff:ffff::1
2001:db8::1 2001:db8:ffff::1 2002:7f00:1::1 2002:a00:1::1 2002:c0a8:1::1 2002:a9fe:a9fe:: 2002:808:808::1
2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1 6000::1 8000::1 a000::1 c000::1 e000::1 f000::1 f800::1
fb00::1 fc00::1 fc00:ec2::254 fd00::1 fd00:ec2::254 fdff:ffff::1 fe00::1 fe80::1 fe80::a9fe:a9fe fe80::ffff
febf::1 fec0::1 fec0:0:0:ffff::1 feff::1 ff00::1 ff01::1 ff02::1 ff02::2 ff02::fb ff05::2 ff0e::1 ff0e::101
ffff::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
"""
STRANGE_IPV4_TEXT = """
0.0.0.1 10.0.0.1 10.96.0.1 10.152.183.1 100.100.100.200 127.0.0.2 127.0.1.1 127.1.1.1 127.8.8.8
169.254.169.253 169.254.169.254 169.254.170.2 172.16.0.23 172.17.0.1 172.18.0.1 172.20.0.10 192.0.0.170
192.0.0.171 192.0.0.192 192.88.99.2 192.168.0.1 192.168.1.1 192.168.49.2 192.168.99.100 192.168.122.1
198.18.0.1 198.19.0.1 224.0.0.1 224.0.0.251 239.255.255.250 240.0.0.1 255.255.255.254 172.16.7.1 172.16.20.5
10.10.10.10 192.168.254.254 10.255.0.1 100.64.0.2 127.0.0.53 169.254.0.2 172.31.0.2 192.168.100.1
198.18.0.254 203.0.113.7 224.0.1.1 233.252.0.1 250.0.0.1 192.0.2.7
"""
GOOD_TEXT = """
1.1.1.1 8.8.8.8 9.9.9.9 9.255.255.255 11.0.0.0 11.0.0.1 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
151.101.1.69 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 185.15.59.224 191.255.255.255 192.0.1.0
192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255 192.52.194.0 192.88.98.255 192.88.100.0 192.167.255.255
192.169.0.0 192.175.47.255 192.175.49.0 193.0.6.139 198.17.255.255 198.20.0.0 198.35.26.96 198.51.99.255
198.51.101.0 203.0.112.255 203.0.114.0 207.241.224.2 208.80.154.224 223.255.255.255 140.211.166.4 1.0.0.0
2000:: 2001:200:: 2001:4860:4860::8888 2001:db7:ffff::1 2001:db9::1 2003::1 2400:cb00:2048:1::1
2606:4700::1111 2600:1406::1 2620:0:861:ed1a::1 2620:4f:7fff:ffff::1 2620:4f:8001::1 2620:fe::fe
2a00:1450:4001::1 2a02:ec80:300::1 2a04:4e42::1 2c0f:fb50::1 3ffe:ffff::1 3fff:1000::1 3fff:ffff:ffff::1
"""
ODD_SPELLINGS_TEXT = """
2130706433 017700000001 0x7f000001 0x7F000001 127.1 127.0.1 0177.0.0.1 0177.0.0.01 0x7f.0.0.1
0x7f.0x0.0x0.0x1 0x7f.1 00127.0.0.1 127.000.000.001 127.0.0.01 010.0.0.1 012.1.1.1 3232235777 0xc0a80101
0300.0250.1.1 192.168.257 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 169.16689662 167772161
10.1 0 0.0 0x0 1 4294967295 ①②⑦.⓪.⓪.① １２７.０.０.１ ١٢٧.٠.٠.١ 127。0。0。1 127｡0｡0｡1 127．0．0．1
⑯⑨.②⑤④.⑯⑨.②⑤④ ⓪ⓧ7f.1
127.0.0.1. 127.0.0.1.. 1.2.3.4.5 256.0.0.1 [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [::1]
[0:0:0:0:0:0:0:1] [0000::0001] [::ffff:0177.0.0.1] [fe80::1%25eth0] [fe80::1%eth0] [::ffff:169.254.169.254]
[64:ff9b::127.0.0.1]
"""

GOOD = GOOD_TEXT.split()
ODD_SPELLINGS = ODD_SPELLINGS_TEXT.split()


def edges() -> list[str]:
    """Give the first, second, a middle and the last address of each forbidden block."""
    found: list[str] = []
    for block in (*FORBIDDEN_IPV4, *FORBIDDEN_IPV6):
        size = block.num_addresses
        found += [str(block[place]) for place in (0, 1, size // 2, size - 1)]
    return found


FORBIDDEN = list(dict.fromkeys([*STRANGE_IPV6_TEXT.split(), *STRANGE_IPV4_TEXT.split(), *edges()]))


def test_forbidden_addresses_are_not_public(counted: Counted) -> None:
    assert len(FORBIDDEN) >= 200
    leaked = [text for text in FORBIDDEN if is_public(ip_address(text))]
    assert leaked == []
    counted("L1", len(FORBIDDEN), "forbidden addresses in the table")


def test_good_addresses_are_public(counted: Counted) -> None:
    assert len(GOOD) >= 50
    blocked = [text for text in GOOD if not is_public(ip_address(text))]
    assert blocked == []
    counted("L1", len(GOOD), "good addresses")


def test_the_lists_have_the_agreed_length() -> None:
    assert len(set(FORBIDDEN_IPV4)) == 18
    assert len(set(FORBIDDEN_IPV6)) == 5
    assert len(set(ODD_SPELLINGS)) >= 40


@pytest.mark.parametrize("text", ODD_SPELLINGS)
def test_an_odd_spelling_is_no_public_address(text: str) -> None:
    address = address_of(text.strip("[]"))
    assert address is None or not is_public(address)


@pytest.mark.parametrize(
    "text", ["", "example.org", "1.1.1.1 ", "1.1.1.1%1", "2001:4860::1%eth0", "1.1.1.1\0"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert address_of(text) is None


@pytest.mark.parametrize("port", [80, 443, 8000, 8080, 8443])
def test_web_ports_of_public_addresses_are_allowed(port: int) -> None:
    assert PublicOnly().allows(ip_address("1.1.1.1"), port)
    assert not PublicOnly().allows(ip_address("127.0.0.1"), port)


@pytest.mark.parametrize("port", [0, 1, 21, 22, 25, 53, 3306, 5432, 6379, 8081, 9200, 11211, 65535])
def test_other_ports_are_not(port: int) -> None:
    assert not PublicOnly().allows(ip_address("1.1.1.1"), port)
    assert not PublicOnly().allows_port(port)

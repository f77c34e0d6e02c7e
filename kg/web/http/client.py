"""Who a client is, by its address, as far as its share of the server is concerned."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = ["Network", "client_of", "trusting"]

Network = IPv4Network | IPv6Network

# A household has a network of its own: https://www.rfc-editor.org/rfc/rfc6177.
_HOUSEHOLD = 64


@lru_cache(4096)
def client_of(address: str) -> str:
    """The client at an address, which is all of an IPv6 network; what is no address is a client of that name.

    >>> client_of("192.0.2.7"), client_of("::ffff:192.0.2.7"), client_of("2001:db8:1:2::77")
    ('192.0.2.7', '192.0.2.7', '2001:db8:1:2::/64')
    """
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    return str(known.ipv4_mapped or ip_network((known, _HOUSEHOLD), strict=False))


def trusting(networks: Iterable[Network]) -> Callable[[str], bool]:
    """Tells whether an address is in one of the networks."""
    trusted = tuple(networks)

    @lru_cache(maxsize=1024)
    def trusts(address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        found = (isinstance(found, IPv6Address) and found.ipv4_mapped) or found
        return any(found in known for known in trusted)

    return trusts

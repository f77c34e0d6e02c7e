"""Addresses that may be reached: how they are written, what an allow list covers, and where their names lead.

A name says nothing about where it leads: who controls it, or what it redirects to, may lead to this machine or to the
network around it. Such an address is reached only where it is written in the list itself.
"""

import posixpath
import re
import socket
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from kg.errors import UsageError

__all__ = ["WEB", "ForbiddenError", "Reach", "Socket", "is_address", "is_allowed", "origin_of", "port_of", "split"]

WEB = ("http", "https")
_STORES = ("s3", "gs", "az")
_PORTS = {"http": 80, "https": 443}
_NEVER_IN_ADDRESS = re.compile(r"[\x00-\x20\\\x7f]")
# https://www.rfc-editor.org/rfc/rfc6052#section-2.1
_NAT64 = ip_network("64:ff9b::/96")

# What `socket.create_connection` takes: host and port, and for IPv6 flow and scope.
Socket = tuple[socket.AddressFamily, tuple[Any, ...]]


class ForbiddenError(Exception):
    """An address that may not be reached."""


def is_address(access: str) -> bool:
    """Whether a source is fetched over the network.

    >>> is_address("https://example.org/a.csv"), is_address("a.csv")
    (True, False)
    """
    return access.partition("://")[0].lower() in (*WEB, *_STORES) and "://" in access


def is_allowed(address: str, allowed: Collection[str]) -> bool:
    """Whether an address begins with one that is allowed: its scheme, host and port, and whole parts of its path.

    >>> is_allowed("https://example.org/data/a.csv", ["https://example.org/data"])
    True
    >>> is_allowed("https://example.org/database.csv", ["https://example.org/data"])
    False
    """
    wanted = split(address)
    return wanted is not None and any(_covers(known, wanted) for one in allowed if (known := split(one)) is not None)


def split(address: str) -> SplitResult | None:
    """The parts of an address; None for one that programs read differently, or with a password inside."""
    if _NEVER_IN_ADDRESS.search(address) or not is_address(address):
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    path = posixpath.normpath(unquote(parts.path) or "/")
    climbs = ".." in unquote(parts.path).split("/")
    return None if climbs or "@" in parts.netloc or not parts.hostname else parts._replace(path=path)


def _covers(allowed: SplitResult, wanted: SplitResult) -> bool:
    same = (allowed.scheme, allowed.hostname, port_of(allowed)) == (wanted.scheme, wanted.hostname, port_of(wanted))
    folder = allowed.path.rstrip("/") + "/"
    return same and (wanted.path == allowed.path or wanted.path.startswith(folder))


def port_of(parts: SplitResult) -> int | None:
    """The port of an address, that of its scheme where it names none."""
    return parts.port or _PORTS.get(parts.scheme)


def origin_of(address: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port of a web address; None for what is none."""
    parts = split(address)
    return (parts.scheme, parts.hostname, port_of(parts)) if parts is not None and parts.scheme in WEB else None


@dataclass(frozen=True)
class Reach:
    """What may be reached: beginnings of web addresses, and ranges of addresses of machines that are not public.

    A name may lead to a public machine, and to one whose address is written here, as `http://127.0.0.1:3030/ds` or as
    a range: `10.0.0.0/8`.
    home: an address whose scheme, host and port may be reached wherever the name leads; none where it is empty.
    """

    entries: tuple[str, ...] = ()
    home: str = ""

    @classmethod
    def of(cls, entries: Sequence[str]) -> "Reach":
        """What people wrote; raises UsageError for what is neither a beginning of a web address nor a range."""
        for entry in entries:
            parts = split(entry)
            if not (parts is not None and parts.scheme in WEB) and _network(entry) is None:
                told = "write https://example.org/sparql, or a range of addresses: 10.0.0.0/8"
                raise UsageError(f"{entry!r} is nothing that can be allowed: {told}")
        return cls(tuple(entries))

    @cached_property
    def _written(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Addresses and ranges that the entries name by number."""
        hosts = (parts.hostname if (parts := split(entry)) is not None else entry for entry in self.entries)
        return tuple(found for host in hosts if host and (found := _network(host)) is not None)

    def covers(self, address: str) -> bool:
        """Whether a web address begins as one that is allowed."""
        parts = split(address)
        allowed = parts is not None and parts.scheme in WEB and is_allowed(address, self.entries)
        return allowed or self._is_home(address)

    def _is_home(self, address: str) -> bool:
        return origin_of(address) is not None and origin_of(address) == origin_of(self.home)

    def resolve(self, address: str) -> list[Socket]:
        """Where a web address leads, to be connected to as it is.

        Raises ForbiddenError where it may not be reached, OSError where nobody knows its name.
        """
        parts = split(address)
        if parts is None or not self.covers(address):
            raise ForbiddenError(f"<{address}> is not allowed")
        try:
            found = socket.getaddrinfo(parts.hostname, port_of(parts), type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError("no name of a host") from error
        targets: list[Socket] = [(family, target) for family, _, _, _, target in found]
        if self._is_home(address):
            return targets
        for _, target in targets:
            if not self._may_be(str(target[0])):
                # Which address it is, is nobody's business.
                raise ForbiddenError(f"<{address}> leads to an address that is not public")
        return targets

    def _may_be(self, text: str) -> bool:
        address = ip_address(text)
        forms = list(_forms(address))
        return all(_is_public(form) for form in forms) or any(
            form in network for form in (address, *forms) for network in self._written
        )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def _forms(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """The address that is reached, where another one is written inside of it: that one; and what remains."""
    if isinstance(address, IPv4Address):
        yield address
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
        if address.sixtofour:
            yield address.sixtofour
        if address.teredo:
            yield address.teredo[1]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not (local or address.is_multicast or address.is_reserved or address.is_unspecified)

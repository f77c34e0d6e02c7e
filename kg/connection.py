"""Connections to web addresses that may be reached.

Each address is resolved once, checked, and connected to as it was resolved. No proxy is asked, which would resolve
names anew.
"""

import http.client
import socket
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

from kg.address import Reach, Socket, port_of

__all__ = ["connect"]


def connect(address: str, reach: Reach, seconds: float) -> http.client.HTTPConnection:
    """A connection to where an address leads. seconds: that it may be silent.

    Raises kg.address.ForbiddenError where it may not be reached, OSError where it cannot be.
    """
    parts = urlsplit(address)
    found = reach.resolve(address)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", port_of(parts))
    plain = _opened(found, seconds)
    try:
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) if secure else plain
        )
    except BaseException:
        plain.close()
        raise
    return connection


def _opened(found: Sequence[Socket], seconds: float) -> socket.socket:
    """A socket that is connected to the first of the addresses that takes it."""
    refused: OSError = OSError("it has no address")
    for family, target in found:
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.settimeout(seconds)
        try:
            opened.connect(target)
        except OSError as error:
            opened.close()
            refused = error
        else:
            return opened
    raise refused

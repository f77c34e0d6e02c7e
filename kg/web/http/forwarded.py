"""What a proxy in front of the server says of a request: by which address it came, and from whom.

X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-For: believed of proxies that are trusted, and of nobody else.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from kg.errors import UsageError
from kg.web.http.client import Network, trusting

__all__ = ["LOOPBACK", "Forwarded", "Network", "network"]

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_HOST = re.compile(r"(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_NAMES = (b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-for")
_ALL = frozenset(_NAMES)


def network(text: str) -> Network:
    """An address or a range of them, such as 10.0.0.5 or 10.0.0.0/8; raises UsageError for anything else."""
    try:
        return ip_network(text.strip())
    except ValueError as error:
        told = f"{text!r} is no address of a proxy: write 10.0.0.5, 10.0.0.0/8, 2001:db8::5 or 2001:db8::/32"
        raise UsageError(told) from error


class Forwarded:
    """Gives a request the address that the client asked for, and the client's own, and takes those headers away.

    A header that is there twice, or holds what no such header can, says nothing.
    """

    def __init__(self, proxies: Iterable[Network]) -> None:
        """proxies: those that are trusted."""
        self._trusts = trusting(proxies)

    def over(self, app: ASGIApp) -> ASGIApp:
        """The application, asked as clients ask."""

        async def asked(scope: Scope, receive: Receive, send: Send) -> None:
            await app(self.as_sent(scope) if scope["type"] == "http" else scope, receive, send)

        return asked

    def as_sent(self, scope: Scope) -> Scope:
        """A request as its client sent it."""
        told: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            if name in _ALL:
                told.setdefault(name, []).append(value.decode("latin-1").strip())
        if not told:
            return scope
        changed = {**scope, "headers": [header for header in scope["headers"] if header[0] not in _ALL]}
        client = scope["client"]
        if client is None or not self._trusts(client[0]):
            return changed
        proto, host, path = (told.get(name, []) for name in _NAMES)
        if len(proto) == 1 and proto[0].lower() in {"http", "https"}:
            changed["scheme"] = proto[0].lower()
        if len(host) == 1 and _HOST.fullmatch(host[0]):
            others = [header for header in changed["headers"] if header[0] != b"host"]
            changed["headers"] = [(b"host", host[0].encode("ascii")), *others]
        if asking := self._client(path):
            changed["client"] = (asking, 0)
        return changed

    def _client(self, told: Iterable[str]) -> str | None:
        """Who came to the outermost proxy that is trusted: each adds whom it was asked by, at the end."""
        client = None
        for part in reversed(",".join(told).split(",")):
            try:
                client = str(ip_address(part.strip()))
            except ValueError:
                break
            if not self._trusts(client):
                break
        return client

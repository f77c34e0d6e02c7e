"""How a server is set up."""

from dataclasses import dataclass

from kg.web.http.forwarded import LOOPBACK, Network
from kg.web.limits import LIMITS, Limits

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server is set up.

    host: name or address to listen at. port: 0 takes any that is free. limits: of requests.
    log: what is written to standard error: json or text, a line a request; warnings, text of what went wrong; none.
    slow: seconds from which on a query is a warning, and written down with its text.
    metrics: whether `/metrics` answers. proxies: whose X-Forwarded headers are believed.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    limits: Limits = LIMITS
    log: str = "warnings"
    slow: float = 10.0
    metrics: bool = False
    proxies: tuple[Network, ...] = LOOPBACK

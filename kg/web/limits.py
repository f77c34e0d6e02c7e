"""How much a request may ask for."""

import os
from dataclasses import dataclass

__all__ = ["LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the server.

    length: code points of a query. bytes: size of a body. seconds: for one query, from its arrival to its last byte.
    answer: bytes of an answer before it is coded. megabytes: memory that the evaluation of one query may take.
    receiving: seconds that a client has for its request, and for taking each piece of the answer.
    cache: bytes of answers that are kept, their addresses included; 0 where none are.
    address: bytes of the address of a request, of which the parser below takes 65,535. header: bytes of the rest
    of its header.
    connections: at once. each: of them, of one client that is no proxy.
    workers: queries of a kind that are evaluated at once.
    leaving: seconds that answers under way have to their end when the server is asked to leave.
    written: bytes of an update, or of a graph that is sent. writing: seconds for one change. store: bytes that the
    working copy may take. reach: what SERVICE and LOAD may ask, as `kg.address.Reach` has it.
    """

    length: int = 100_000
    bytes: int = 1_000_000
    seconds: float = 30.0
    answer: int = 1_000_000_000
    megabytes: int = 1_000
    receiving: float = 15.0
    cache: int = 64_000_000
    written: int = 100_000_000
    writing: float = 120.0
    store: int = 50_000_000_000
    address: int = 65_000
    header: int = 65_536
    connections: int = 1000
    each: int = 200
    workers: int = max(2, os.cpu_count() or 1)
    leaving: float = 8.0
    reach: tuple[str, ...] = ()


LIMITS = Limits()

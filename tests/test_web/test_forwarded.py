"""What a proxy says of a request, and of whom it is believed."""

import asyncio
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import UsageError
from kg.web.http.forwarded import LOOPBACK, Forwarded, network

NAMES = (b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-for", b"host", b"accept")


def seen(client: str, headers: list[tuple[bytes, bytes]], *more: str) -> tuple[str, str | None, str]:
    """Scheme, host and client of a request as the application sees it."""
    got: dict[str, Any] = {}

    async def app(scope: Any, _: Any, __: Any) -> None:
        got.update(scope)

    scope = {"type": "http", "scheme": "http", "client": (client, 1), "headers": [(b"host", b"inner:8000"), *headers]}
    layer = Forwarded((*LOOPBACK, *map(network, more))).over(app)
    asyncio.run(layer(scope, None, None))  # type: ignore[arg-type]
    assert not any(name.startswith(b"x-forwarded") for name, _ in got["headers"])
    hosts = [value.decode("latin-1") for name, value in got["headers"] if name == b"host"]
    return got["scheme"], hosts[0] if len(hosts) == 1 else None, got["client"][0]


def sent(**headers: str) -> list[tuple[bytes, bytes]]:
    """The headers of a proxy."""
    return [(f"x-forwarded-{name}".encode(), value.encode()) for name, value in headers.items()]


TOLD = {"proto": "https", "host": "graph.example.org", "for": "192.0.2.7"}
OUTER = ("https", "graph.example.org", "192.0.2.7")


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "2001:db8::9"])
def test_a_trusted_proxy_is_believed(client: str) -> None:
    """One of this machine, and of the addresses that are named."""
    assert OUTER == seen(client, sent(**TOLD), "10.0.0.0/8", "2001:db8::/32")


@pytest.mark.parametrize("client", ["192.0.2.1", "11.0.0.1", "2001:db9::1", "::ffff:192.0.2.1", "no address", ""])
def test_nobody_else_is_believed(client: str) -> None:
    """Whoever writes the headers without being a proxy gets what it asked for."""
    assert ("http", "inner:8000", client) == seen(client, sent(**TOLD), "10.0.0.0/8", "2001:db8::/32")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"proto": "ftp"}, ("http", "inner:8000", "127.0.0.1")),
        ({"proto": "https, http"}, ("http", "inner:8000", "127.0.0.1")),
        ({"host": "a, b"}, ("http", "inner:8000", "127.0.0.1")),
        ({"host": "a/b"}, ("http", "inner:8000", "127.0.0.1")),
        ({"host": "user@a"}, ("http", "inner:8000", "127.0.0.1")),
        ({"host": "[2001:db8::1]:8443"}, ("http", "[2001:db8::1]:8443", "127.0.0.1")),
        ({"host": "a.example:8443"}, ("http", "a.example:8443", "127.0.0.1")),
        ({"for": "192.0.2.7, 10.0.0.2, 10.0.0.3"}, ("http", "inner:8000", "192.0.2.7")),
        ({"for": "192.0.2.66, 192.0.2.7, 10.0.0.3"}, ("http", "inner:8000", "192.0.2.7")),
        ({"for": "nonsense, 10.0.0.3"}, ("http", "inner:8000", "10.0.0.3")),
        ({"for": "nonsense"}, ("http", "inner:8000", "127.0.0.1")),
        ({"for": "10.0.0.2"}, ("http", "inner:8000", "10.0.0.2")),
    ],
)
def test_what_makes_no_sense_says_nothing(told: dict[str, str], expected: tuple[str, str, str]) -> None:
    """The client is whom the outermost trusted proxy saw; what the client wrote before that counts for nothing."""
    assert expected == seen("127.0.0.1", sent(**told), "10.0.0.0/8")


def test_a_header_that_is_there_twice_says_nothing() -> None:
    """The proxy did not replace what the client sent, so that nobody knows whose it is."""
    assert ("http", "inner:8000", "127.0.0.1") == seen("127.0.0.1", [*sent(host="a"), *sent(host="b")])
    assert ("http", "inner:8000", "127.0.0.1") == seen("127.0.0.1", [*sent(proto="https"), *sent(proto="https")])


@given(st.lists(st.tuples(st.sampled_from(NAMES[:3]), st.binary(max_size=60)), max_size=6))
def test_no_header_breaks_a_request(headers: list[tuple[bytes, bytes]]) -> None:
    """Whatever is sent, there is one host, an address and a scheme."""
    scheme, host, client = seen("127.0.0.1", headers)
    assert scheme in {"http", "https"}
    assert host
    assert client == str(ip_address(client))


@pytest.mark.parametrize("text", ["", "example.org", "10.0.0.5/8", "10.0.0.0/33", "300.1.1.1", "*"])
def test_what_is_no_address_is_told(text: str) -> None:
    """With what to write instead."""
    with pytest.raises(UsageError, match=r"is no address of a proxy: write 10\.0\.0\.5, 10\.0\.0\.0/8"):
        network(text)

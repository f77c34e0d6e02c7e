"""What pages of other sites may ask and read: https://fetch.spec.whatwg.org/#http-cors-protocol."""

__all__ = ["ALLOWED", "CORS", "PREFLIGHT"]

ALLOWED = "GET, HEAD, POST, OPTIONS"

# Any page may ask, none may send cookies or a password along: https://fetch.spec.whatwg.org/#http-cors-protocol.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Allow, Content-Encoding, ETag, Link, Retry-After, Server-Timing, Snapshot",
}
# What a page is told that asks whether it may ask; seconds that it may remember it.
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": ALLOWED,
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}

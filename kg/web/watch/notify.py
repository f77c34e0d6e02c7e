"""What systemd is told of a service of Type=notify; nothing where there is no systemd.

https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

import os
import socket

__all__ = ["notify", "watched_seconds"]

_MICROSECOND = 1e-6


def notify(*states: str) -> None:
    """Tell states, such as READY=1; raises OSError where the socket that the environment names does not take them."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
        told.connect("\0" + address[1:] if address.startswith("@") else address)
        told.sendall("\n".join(states).encode())


def watched_seconds() -> float | None:
    """Seconds within which systemd wants to hear WATCHDOG=1 each time; None where it does not."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) * _MICROSECOND

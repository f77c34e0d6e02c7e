"""Queries evaluated beside the event loop, so that a slow one stops nobody who does not ask a query."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["Evaluator"]

T = TypeVar("T")


class Evaluator:
    """Runs work in threads of its own, a bounded number at a time; who comes later waits.

    The threads are daemons: Oxigraph cannot be told to stop, and the process must be able to leave.
    """

    def __init__(self, size: int) -> None:
        """size: how many queries are evaluated at the same time."""
        self._free = asyncio.Semaphore(size)

    async def run(self, work: Callable[[], T]) -> T:
        """The value of `work()`, or what it raised. A place stays taken until the work itself has ended."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(value: T | None, error: BaseException | None) -> None:
            self._free.release()
            if done.cancelled():
                return
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(value)  # type: ignore[arg-type]  # None only where T is None

        def call() -> None:
            value, error = None, None
            try:
                value = work()
            except BaseException as raised:  # noqa: BLE001  # handed on to who awaits
                error = raised
            try:
                loop.call_soon_threadsafe(settle, value, error)
            except RuntimeError:
                return  # the loop is closed: the server has left

        threading.Thread(target=call, name="kg query", daemon=True).start()
        return await done

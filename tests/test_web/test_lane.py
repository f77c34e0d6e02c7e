"""Places are shared fairly."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph.worker import Task
from kg.web.entry import Entry, enter
from kg.web.pool.lane import BusyError, Lane
from kg.web.pool.pool import Pool
from kg.web.pool.process import EndedError


async def _waiting(lane: Lane, order: list[str], *clients: str) -> list[asyncio.Task[None]]:
    """Tasks in which clients wait for a place, in this order; each notes when it has one, and gives it back."""

    async def visit(client: str) -> None:
        await lane.enter(client)
        order.append(client)
        lane.leave(client)

    tasks = []
    for client in clients:
        tasks.append(asyncio.create_task(visit(client)))
        await asyncio.sleep(0)
    return tasks


def test_clients_take_turns() -> None:
    """Who asks once is not behind all of who asks often."""

    async def run() -> list[str]:
        lane, order = Lane(1, 10), list[str]()
        await lane.enter("first")
        tasks = await _waiting(lane, order, "much", "much", "much", "little")
        lane.leave("first")
        await asyncio.gather(*tasks)
        return order

    assert ["much", "little", "much", "much"] == asyncio.run(run())


def test_a_client_has_no_more_than_its_share() -> None:
    """The place that is left is for another one."""

    async def run() -> tuple[bool, bool]:
        lane = Lane(2, 10, share=1)
        await lane.enter("a")
        return lane.has_place("a"), lane.has_place("b")

    assert (False, True) == asyncio.run(run())


def test_who_waits_most_makes_room() -> None:
    """Where all who may wait do, the last of the client with the most of them is turned away, never who has few."""

    async def run() -> tuple[list[object], list[str]]:
        lane, order = Lane(1, 3), list[str]()
        await lane.enter("first")
        tasks = await _waiting(lane, order, "much", "much", "much", "little", "much")
        lane.leave("first")
        return [type(result) for result in await asyncio.gather(*tasks, return_exceptions=True)], order

    results, order = asyncio.run(run())
    assert [type(None), type(None), BusyError, type(None), BusyError] == results
    assert ["much", "little", "much"] == order


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["enter", "leave", "cancel"])), max_size=40))
def test_no_place_is_lost(steps: list[tuple[str, str]]) -> None:
    """Whoever comes, goes or gives up: in the end every place is free."""

    async def run() -> tuple[int, int, bool]:
        lane = Lane(2, 3, share=1)
        tasks: dict[str, list[asyncio.Task[None]]] = {"a": [], "b": [], "c": []}
        inside: list[str] = []

        async def visit(client: str) -> None:
            await lane.enter(client)
            inside.append(client)

        for client, step in steps:
            if step == "enter":
                tasks[client].append(asyncio.create_task(visit(client)))
            elif step == "leave" and client in inside:
                inside.remove(client)
                lane.leave(client)
            elif step == "cancel" and tasks[client]:
                tasks[client].pop().cancel()
            if step == "enter":
                await asyncio.sleep(0)
            assert lane.runs <= lane.size
        while True:
            await asyncio.sleep(0)
            if not inside:
                break
            lane.leave(inside.pop())
        await asyncio.gather(*(task for each in tasks.values() for task in each), return_exceptions=True)
        return lane.runs, lane.waits, lane.has_place("a")

    assert (0, 0, True) == asyncio.run(run())


def test_nobody_spoils_a_shape_for_others() -> None:
    """A quick shape that is long for one client stays quick for the others, and for that one once it is again."""
    pool = Pool.of(2, 100)
    pool._remember(("good", b"shape"), "quick")
    pool._remember(("bad", b"shape"), "long")
    assert ("quick", "long") == (pool._lane(("good", b"shape")), pool._lane(("bad", b"shape")))
    pool._remember(("bad", b"shape"), "quick")
    assert "quick" == pool._lane(("bad", b"shape"))
    assert "trial" == pool._lane(("good", b"another"))


def test_opening_a_store_is_no_part_of_a_query(snapshot: object) -> None:
    """The first query of a process is as quick as any other."""

    async def run() -> tuple[bool, float]:
        pool = Pool.of(1, 500)
        enter(Entry(client="c"))
        try:
            answer = await pool.ask(Task(f"{snapshot}/store", "ASK { ?s ?p ?o }", "http://e/"), 60)
            process = next(iter(pool._all - set(pool._idle)), None) or pool._idle[-1]
            return process.opening, process.begun if answer.body else -1.0
        finally:
            await pool.close()

    opening, begun = asyncio.run(run())
    assert opening is False
    assert begun >= 0


@pytest.mark.parametrize("told", [b"", b"thread 'main' has overflowed its stack"])
def test_not_every_abort_is_for_want_of_memory(told: bytes) -> None:
    """What overflows its stack aborts by the same signal."""
    assert not EndedError(-6, told).out_of_memory
    assert EndedError(-6, b"memory allocation of 64 bytes failed\n").out_of_memory

import asyncio

from jobs import Job, Runner


async def four():
    await asyncio.sleep(0)
    return 4


def test_results():
    assert asyncio.run(Runner().run([Job("a", four), Job("b", four)])) == {"a": 4, "b": 4}


def test_nothing_to_do():
    assert asyncio.run(Runner().run([])) == {}

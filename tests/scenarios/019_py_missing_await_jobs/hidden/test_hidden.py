import asyncio

from jobs import Job, Runner


def test_retry():
    calls = []

    async def flaky():
        calls.append(1)
        if len(calls) < 3:
            raise ConnectionError
        return "ok"

    assert asyncio.run(Runner().run([Job("f", flaky)])) == {"f": "ok"}

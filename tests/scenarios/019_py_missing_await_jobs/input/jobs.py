import asyncio


class Job:
    def __init__(self, name, work):
        self.name = name
        self.work = work
        self.result = None


class Runner:
    def __init__(self, limit=2):
        self.limit = limit
        self.done = []

    async def attempt(self, job, tries=3):
        for left in range(tries - 1, -1, -1):
            try:
                return await job.work()
            except ConnectionError:
                if left == 0:
                    raise
                await asyncio.sleep(0)

    async def run_one(self, job, gate):
        async with gate:
            job.result = self.attempt(job)
            self.done.append(job.name)

    async def run(self, jobs):
        gate = asyncio.Semaphore(self.limit)
        await asyncio.gather(*(self.run_one(job, gate) for job in jobs))
        return {job.name: job.result for job in jobs}

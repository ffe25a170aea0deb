"""Orders tasks by their prerequisites."""


class Task:
    def __init__(self, name, needs=()):
        self.name = name
        self.needs = tuple(needs)


class Plan:
    def __init__(self, tasks):
        self.tasks = {task.name: task for task in tasks}

    def ready(self, done):
        """Names that may start now, in order of definition."""
        out = []
        for name, task in self.tasks.items():
            if name in done:
                continue
            missing = [need for need in task.needs if need not in done]
            if not missing:
                out.append(name)
        return out

    def order(self):
        done = []
        while len(done) < len(self.tasks):
            step = self.ready(done)
            if not step:
                raise ValueError("tasks wait for each other")
            done.extend(step)
        return done

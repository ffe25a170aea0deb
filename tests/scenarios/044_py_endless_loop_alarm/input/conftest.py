import signal

import pytest


@pytest.fixture(autouse=True)
def deadline():
    def stop(signum, frame):
        raise TimeoutError("the test ran longer than a second")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 1)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)

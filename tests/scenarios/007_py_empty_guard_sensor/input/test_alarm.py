from sensor.alarm import Alarm


def test_quiet():
    assert Alarm(50).feed(0, 20) is False


def test_loud():
    alarm = Alarm(50)
    alarm.feed(0, 60)
    assert alarm.feed(10, 70) is True


def test_silence_ends_the_alarm():
    alarm = Alarm(50)
    assert alarm.feed(0, 90) is True
    assert alarm.check(200) is False

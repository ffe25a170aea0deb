from mailer.address import split_address


def test_case():
    assert split_address("Eve <Eve@HOST.com>") == ("Eve", "Eve", "host.com")

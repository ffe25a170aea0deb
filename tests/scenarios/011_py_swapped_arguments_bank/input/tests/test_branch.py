import pytest
from bank.accounts import Account
from bank.branch import Branch


@pytest.fixture
def branch():
    b = Branch()
    b.open("ada", 100)
    b.open("bob", 20)
    return b


def test_transfer(branch):
    branch.transfer("ada", "bob", 30)
    assert branch.balance("ada") == 70
    assert branch.balance("bob") == 50


def test_posting_adds():
    account = Account("cy", 5)
    account.post(10, "cash")
    assert account.balance == 15


def test_negative_amount(branch):
    with pytest.raises(ValueError):
        branch.transfer("ada", "bob", -5)

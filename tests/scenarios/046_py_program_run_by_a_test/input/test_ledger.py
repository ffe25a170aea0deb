import subprocess
import sys

JOURNAL = """\
# 2024
2024-01-05;rent;-90000;January
2024-01-31;wages;250000
2024-02-05;rent;-90000;February
2024-02-11;food;-4550;Market
2024-02-29;wages;250000
2024-03-02;food;-1205;Bread and cheese
"""


def ledger(tmp_path, *arguments, journal=JOURNAL):
    path = tmp_path / "journal"
    path.write_text(journal)
    command = [sys.executable, "-m", "ledger", arguments[0], str(path), *arguments[1:]]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_balance(tmp_path):
    assert ledger(tmp_path, "balance")[1] == [
        "food         -57.55",
        "rent      -1 800.00",
        "wages      5 000.00",
    ]


def test_spending(tmp_path):
    assert ledger(tmp_path, "spending")[1] == ["rent 1 800.00 (97%)", "food 57.55 (3%)"]


def test_months(tmp_path):
    lines = ledger(tmp_path, "months")[1]
    assert lines[0] == "2024-01 1 600.00 1 600.00"
    assert lines[-1] == "2024-03 -12.05 3 142.45"


def test_between_includes_both_days(tmp_path):
    lines = ledger(tmp_path, "between", "2024-02-05", "2024-02-29")[1]
    assert lines == ["2024-02-05 rent -900.00", "2024-02-11 food -45.50", "2024-02-29 wages 2 500.00"]


def test_search(tmp_path):
    assert ledger(tmp_path, "search", "BREAD")[1] == ["2024-03-02 Bread and cheese"]


def test_bad_line(tmp_path):
    code, lines, errors = ledger(tmp_path, "balance", journal="2024-01-05;rent\n")
    assert (code, lines) == (1, [])
    assert "line 1 is no entry" in errors

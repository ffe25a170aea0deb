import csv
import io


def read_entries(text):
    """CSV with the columns account, month, amount (in cents)."""
    entries = []
    for row in csv.DictReader(io.StringIO(text)):
        entries.append(
            {
                "account": row["account"].strip(),
                "month": int(row["month"]),
                "amount": int(row["amount"]),
            }
        )
    return entries

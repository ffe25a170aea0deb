from billing.parse import parse_invoice

TAX = {"standard": 0.2, "reduced": 0.05, "none": 0.0}


def line_total(item):
    return item["quantity"] * item["unit_price"]


def subtotal(items):
    return sum(line_total(item) for item in items)


def invoice_total(text, tax="standard"):
    net = subtotal(parse_invoice(text))
    return round(net * (1 + TAX[tax]), 2)

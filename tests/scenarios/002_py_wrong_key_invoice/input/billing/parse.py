def parse_line(text):
    """`name;quantity;price` -> a line item."""
    name, quantity, price = [part.strip() for part in text.split(";")]
    return {"name": name, "quantity": int(quantity), "price": float(price)}


def parse_invoice(text):
    return [parse_line(line) for line in text.splitlines() if line.strip()]

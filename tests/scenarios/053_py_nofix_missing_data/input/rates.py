from pathlib import Path


def read_rates(path):
    rates = {}
    for line in Path(path).read_text().splitlines():
        currency, rate = line.split()
        rates[currency] = float(rate)
    return rates


def convert(amount, currency, rates):
    return amount * rates[currency]

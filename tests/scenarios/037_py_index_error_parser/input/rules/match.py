from rules.tokens import tokens


def matches(rule, record):
    name, operator, value = tokens(rule)
    left, right = record[name], int(value)
    if operator == "=":
        return left == right
    if operator == ">":
        return left > right
    if operator == "<":
        return left < right
    return left >= right if operator == ">=" else left <= right

from shop.rules import discount_for


def net(price, quantity):
    return price * quantity


def charge(price, quantity, customer):
    amount = net(price, quantity)
    rate = discount_for(customer, amount)
    return round(amount + amount * rate, 2)

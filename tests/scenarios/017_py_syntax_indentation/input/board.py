from tickets import Ticket


class Board:
    def __init__(self):
        self.tickets = []

    def file(self, title):
        ticket = Ticket(title)
        self.tickets.append(ticket)
        return ticket

    def count(self, state):
        return sum(1 for ticket in self.tickets if ticket.state == state)

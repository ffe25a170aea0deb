class Person:
    def __init__(self, name, email, manager=None):
        self.name = name
        self.email = email
        self.manager = manager


class Directory:
    def __init__(self):
        self._people = {}

    def add(self, name, email, manager=None):
        self._people[name] = Person(name, email, self._people.get(manager))

    def find(self, name):
        return self._people.get(name)

    def manager_email(self, name):
        """The manager's address, or None where there is no manager."""
        person = self.find(name)
        if person is None:
            return None
        return person.manager.email

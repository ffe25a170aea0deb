"""A tiny builder for SELECT statements."""


class Query:
    def __init__(self, table):
        self.table = table
        self.columns = ["*"]
        self.filters = []
        self.sort = None
        self.limit = None

    def select(self, *columns):
        self.columns = list(columns)
        return self

    def where(self, column, value):
        self.filters.append((column, value))
        return self

    def order_by(self, column, descending=False):
        self.sort = f"{column} DESC" if descending else column
        return self

    def take(self, count):
        self.limit = count
        return self

    def sql(self):
        parts = [f"SELECT {', '.join(self.columns)} FROM {self.table}"]
        if self.filters:
            tests = " AND ".join(f"{column} = ?" for column, _ in self.filters)
            parts.append(f"WHERE {tests}")
        if self.sort:
            parts.append(f"ORDER BY {self.sort}")
        if self.limit is not None:
            parts.append(f"LIMIT {self.limit}")
        return " ".join(parts)

    def params(self):
        return [value for _, value in self.filters]

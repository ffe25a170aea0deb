"""Tables in plain text."""

ALIGNMENTS = {"l": str.ljust, "c": str.center, "r": str.rjust}


class TextTable:
    """Rows under named columns, each column with its own alignment and maximal width.

    Columns may be renamed at any time by assigning `field_names`; their settings move along.
    An alignment given before there are any names is the one for all columns.
    """

    def __init__(self, field_names=None, align="c"):
        self._field_names = []
        self._rows = []
        self._align = {}
        self._max_width = {}
        self._base_align = "c"
        self.align = align
        if field_names:
            self.field_names = field_names

    # Attributes

    @property
    def field_names(self):
        return list(self._field_names)

    @field_names.setter
    def field_names(self, names):
        names = [str(name) for name in names]
        self._check_names(names)
        old_names = None
        if self._field_names:
            old_names = self._field_names[:]
        self._field_names = names
        if self._align and old_names:
            for old_name, new_name in zip(old_names, names):
                self._align[new_name] = self._align[old_name]
            for old_name in old_names:
                if old_name not in names:
                    self._align.pop(old_name)
        else:
            self.align = self._base_align
        if self._max_width and old_names:
            self._max_width = {
                new_name: self._max_width[old_name]
                for old_name, new_name in zip(old_names, names)
                if old_name in self._max_width
            }

    @property
    def align(self):
        return dict(self._align)

    @align.setter
    def align(self, value):
        if value not in ALIGNMENTS:
            raise ValueError(f"the alignment {value!r} is not one of l, c and r")
        self._base_align = value
        for name in self._field_names:
            self._align[name] = value

    def set_align(self, name, value):
        if value not in ALIGNMENTS:
            raise ValueError(f"the alignment {value!r} is not one of l, c and r")
        self._align[name] = value

    def set_max_width(self, name, width):
        if width < 1:
            raise ValueError("a column needs room for one character")
        self._max_width[name] = width

    def _check_names(self, names):
        if len(set(names)) != len(names):
            raise ValueError("the field names must be unique")
        if self._field_names and len(names) != len(self._field_names):
            raise ValueError(f"there are {len(self._field_names)} columns, not {len(names)}")
        if self._rows and len(names) != len(self._rows[0]):
            raise ValueError(f"the rows have {len(self._rows[0])} values, not {len(names)}")

    # Data

    def add_row(self, row):
        row = list(row)
        if self._field_names and len(row) != len(self._field_names):
            raise ValueError(f"{len(row)} values for {len(self._field_names)} columns")
        if not self._field_names:
            self.field_names = [f"Field {number}" for number in range(1, len(row) + 1)]
        self._rows.append(row)

    def clear_rows(self):
        self._rows = []

    # Text

    def _shown(self, name, value):
        text = str(value)
        limit = self._max_width.get(name, len(text))
        return text if len(text) <= limit else text[:max(limit - 1, 0)] + "~"

    def _cells(self):
        yield [self._shown(name, name) for name in self._field_names]
        for row in self._rows:
            yield [self._shown(name, value) for name, value in zip(self._field_names, row)]

    def get_string(self):
        lines = list(self._cells())
        widths = [max(map(len, column)) for column in zip(*lines)]
        rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
        pads = [ALIGNMENTS[self._align[name]] for name in self._field_names]
        drawn = [
            "| " + " | ".join(pad(cell, width) for pad, cell, width in zip(pads, line, widths)) + " |"
            for line in lines
        ]
        return "\n".join([rule, drawn[0], rule, *drawn[1:], rule])

    __str__ = get_string

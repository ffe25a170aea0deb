"""Tables of text, printed for a terminal or as HTML."""

from html import escape

OPTIONS = {
    "start": 0,
    "end": None,
    "fields": None,
    "header": True,
    "border": True,
    "sort_by": None,
    "reverse": False,
    "align": "l",
    "attributes": None,
}


class Table:
    def __init__(self, field_names, **options):
        self.field_names = list(field_names)
        self._rows = []
        self._options = dict(OPTIONS)
        self._options.update(self._checked(options))

    def _checked(self, options):
        for name in options:
            if name not in OPTIONS:
                raise TypeError("unknown option %r" % name)
        for name in options.get("fields") or ():
            if name not in self.field_names:
                raise ValueError("unknown field %r" % name)
        return options

    def _merged(self, options):
        return {**self._options, **self._checked(options)}

    def add_row(self, row):
        if len(row) != len(self.field_names):
            raise ValueError("row has %d values, expected %d" % (len(row), len(self.field_names)))
        self._rows.append(list(row))

    def clear(self):
        del self._rows[:]

    def _get_rows(self, options):
        """The rows to show, sorted and cut as the options say."""
        rows = list(self._rows)
        if options["sort_by"]:
            column = self.field_names.index(options["sort_by"])
            rows.sort(key=lambda row: row[column], reverse=options["reverse"])
        return rows[options["start"]:options["end"]]

    def _columns(self, options):
        wanted = options["fields"]
        return [n for n, name in enumerate(self.field_names) if not wanted or name in wanted]

    def get_string(self, **options):
        """Return the table as lines of text."""
        options = self._merged(options)
        columns = self._columns(options)
        rows = [[str(row[n]) for n in columns] for row in self._get_rows(options)]
        names = [str(self.field_names[n]) for n in columns]
        shown = rows + [names] if options["header"] else rows
        widths = [max([len(row[n]) for row in shown], default=0) for n in range(len(columns))]
        rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
        lines = []
        if options["border"]:
            lines.append(rule)
        if options["header"]:
            lines.append(self._text_row(names, widths, options))
            if options["border"]:
                lines.append(rule)
        for row in rows:
            lines.append(self._text_row(row, widths, options))
        if options["border"] and rows:
            lines.append(rule)
        return "\n".join(lines)

    def _text_row(self, values, widths, options):
        pad = str.rjust if options["align"] == "r" else str.ljust
        cells = [" %s " % pad(value, width) for value, width in zip(values, widths)]
        if options["border"]:
            return "|" + "|".join(cells) + "|"
        return "".join(cells).rstrip()

    def get_html(self, **options):
        """Return the table as an HTML element."""
        options = self._merged(options)
        columns = self._columns(options)
        tag = "<table"
        if options["border"]:
            tag += ' border="1"'
        for name, value in (options["attributes"] or {}).items():
            tag += ' %s="%s"' % (name, escape(str(value)))
        lines = [tag + ">"]

        # Names
        if options["header"]:
            lines.append("    <tr>")
            for n in columns:
                lines.append("        <th>%s</th>" % self._html_text(self.field_names[n]))
            lines.append("    </tr>")

        # Rows
        for row in self._get_rows(options):
            lines.append("    <tr>")
            for n in columns:
                lines.append("        <td>%s</td>" % self._html_text(row[n]))
            lines.append("    </tr>")

        lines.append("</table>")
        return "\n".join(lines)

    @staticmethod
    def _html_text(value):
        return escape(str(value), quote=False).replace("\n", "<br />")

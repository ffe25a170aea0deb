"""Sequences that terminals understand."""

ESCAPE = "\x1b"


class AnsiCodes:
    """The sequences of an ordinary terminal. Columns and rows begin at zero."""

    save = ESCAPE + "7"
    restore = ESCAPE + "8"
    hide_cursor = ESCAPE + "[?25l"
    show_cursor = ESCAPE + "[?25h"
    full_screen = ESCAPE + "[?1049h"
    leave_full_screen = ESCAPE + "[?1049l"
    clear_line = ESCAPE + "[K"
    normal = ESCAPE + "[m"
    bold = ESCAPE + "[1m"

    def move(self, row, column):
        return f"{ESCAPE}[{row + 1};{column + 1}H"

    def move_column(self, column):
        return f"{ESCAPE}[{column + 1}G"

    def move_row(self, row):
        return f"{ESCAPE}[{row + 1}d"


class NoCodes:
    """For outputs that are no terminals: every sequence is empty."""

    save = restore = hide_cursor = show_cursor = full_screen = leave_full_screen = ""
    clear_line = normal = bold = ""

    def move(self, row, column):
        return ""

    def move_column(self, column):
        return ""

    def move_row(self, row):
        return ""

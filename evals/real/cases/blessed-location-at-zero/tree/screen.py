"""Draw on a terminal."""

from contextlib import contextmanager

from codes import AnsiCodes, NoCodes


class Place:
    """Context manager: writes go to another place, and the cursor returns afterwards."""

    def __init__(self, screen, x=None, y=None):
        self.screen = screen
        self.x = x
        self.y = y

    def __enter__(self):
        codes = self.screen.codes
        self.screen.write(codes.save)
        if self.x and self.y:
            self.screen.write(codes.move(self.y, self.x))
        elif self.x:
            self.screen.write(codes.move_column(self.x))
        elif self.y:
            self.screen.write(codes.move_row(self.y))
        return self.screen

    def __exit__(self, kind, value, traceback):
        self.screen.write(self.screen.codes.restore)


class Screen:
    """A terminal of a certain size, or an output that may not be one."""

    def __init__(self, stream, width=80, height=24, styled=None):
        if styled is None:
            styled = getattr(stream, "isatty", lambda: False)()
        self.stream = stream
        self.width = width
        self.height = height
        self.codes = AnsiCodes() if styled else NoCodes()

    def write(self, text):
        if text:
            self.stream.write(text)

    def place(self, x=None, y=None):
        """Return a context manager that writes at column `x` and row `y`, or at one of them."""
        return Place(self, x, y)

    @contextmanager
    def full_screen(self):
        """Take the whole terminal until the end of the block."""
        self.write(self.codes.full_screen)
        try:
            yield self
        finally:
            self.write(self.codes.leave_full_screen)

    @contextmanager
    def hidden_cursor(self):
        self.write(self.codes.hide_cursor)
        try:
            yield self
        finally:
            self.write(self.codes.show_cursor)

    def bold(self, text):
        return f"{self.codes.bold}{text}{self.codes.normal}" if self.codes.bold else text

    def status(self, text):
        """Write a line at the bottom, cut to the width."""
        with self.place(0, self.height - 1):
            self.write(text[:self.width] + self.codes.clear_line)

    def title(self, text):
        """Write a line in the middle of the top."""
        with self.place((self.width - len(text)) // 2, 0):
            self.write(self.bold(text))


class ProgressBar:
    """A bar in one row of a screen."""

    def __init__(self, screen, total, row, left=2):
        self.screen = screen
        self.total = total
        self.row = row
        self.left = left

    def show(self, done):
        room = self.screen.width - self.left - 2
        filled = room * min(done, self.total) // self.total
        with self.screen.place(self.left, self.row):
            self.screen.write("[" + "#" * filled + "." * (room - filled) + "]")

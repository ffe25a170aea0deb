"""Writes Python source line by line with the right indentation."""


class SourceWriter:
    STEP = "    "

    def __init__(self):
        self._lines = []
        self._depth = 0

    def line(self, text):
        self._lines.append(self.STEP * self._depth + text if text else "")

    def open(self, header):
        self.line(header)
        self._depth += 1

    def close(self):
        self._depth -= 1

    def block(self, text):
        """Write foreign lines; their common indentation is replaced by the present one."""
        lines = [line for line in text.splitlines() if line.strip()]
        margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
        for line in lines:
            self.line(line[margin:].rstrip())

    def source(self):
        return "\n".join(self._lines) + "\n"

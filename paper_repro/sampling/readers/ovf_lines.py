"""The lines of an OVF file: "# key: value", with blocks of data between them."""

import re

from paper_repro.files import InputError

_NEXT_KEY = re.compile(rb"^[ \t]*#", re.MULTILINE)


class Lines:
    """Reads the lines of a file in their order; ``at`` is the file and the number of the last line, for messages."""

    def __init__(self, content: bytes, where: str) -> None:
        """Begin with the first line of a file."""
        self._content, self._where = content, where
        self._position = self._number = 0

    @property
    def at(self) -> str:
        """The file and the number of the line that was read last."""
        return f"{self._where}, line {self._number}"

    def next(self) -> str:
        """Return the next line; raises ``InputError`` where the file ends."""
        if self._position >= len(self._content):
            raise InputError(self.at, "the file ends here", "the rest of its segment, up to # End: Segment")
        end = self._content.find(b"\n", self._position)
        end = len(self._content) if end < 0 else end
        line = self._content[self._position : end]
        self._position, self._number = end + 1, self._number + 1
        return line.decode("utf-8", "replace").strip()

    def pair(self) -> tuple[str, str]:
        """Return the next key, in small letters without blanks, and its value; comments and empty lines are passed over."""
        while True:
            line = self.next()
            if not line or line.startswith("##"):
                continue
            if not line.startswith("#"):
                raise InputError(self.at, f"{line[:40]!r}", "a line of the header, # key: value")
            text = line[1:].split("##")[0].strip()
            if text:
                key, colon, value = text.partition(":")
                if not colon:
                    raise InputError(self.at, f"{text[:40]!r}", "key: value")
                return re.sub(r"[\s_]+", "", key).casefold(), value.strip()

    def keyed(self, wanted: str) -> tuple[str, str]:
        """Return the next pair; raises ``InputError`` where its key is another than ``wanted``."""
        key, value = self.pair()
        if key != wanted:
            raise InputError(self.at, f"{key[:40]}: {value[:40]}", f"{wanted}:")
        return key, value

    def begin(self, what: str) -> None:
        """Read "Begin: what"."""
        self._bracket("begin", what)

    def end(self, what: str) -> None:
        """Read "End: what"."""
        self._bracket("end", what)

    def _bracket(self, key: str, what: str) -> None:
        _, value = self.keyed(key)
        if value.casefold().split() != what.casefold().split():
            raise InputError(self.at, f"{key}: {value[:40]}", f"{key}: {what}")

    def until_end(self, what: str) -> dict[str, str]:
        """Return the pairs up to "End: what"; of a key that is there twice, which only ``desc`` may be, the last."""
        found: dict[str, str] = {}
        while True:
            key, value = self.pair()
            if key == "end":
                if value.casefold() != what:
                    raise InputError(self.at, f"end: {value[:40]}", f"end: {what}")
                return found
            if key in found and key != "desc":
                raise InputError(self.at, f"{key[:40]} twice", "each key once")
            found[key] = value

    def has_more(self) -> bool:
        """Return whether anything but empty lines and comments follows."""
        position, number = self._position, self._number
        while self._position < len(self._content):
            start, before = self._position, self._number
            if self.next().strip("# \t"):
                self._position, self._number = start, before
                return True
        self._position, self._number = position, number
        return False

    def take(self, size: int, what: str) -> bytes:
        """Return the next ``size`` bytes; raises ``InputError`` where the file has fewer."""
        left = len(self._content) - self._position
        if size > left:
            raise InputError(self.at, f"{left:,} bytes of data", f"{what}, {size:,} bytes with the check value")
        block = self._content[self._position : self._position + size]
        self._position, self._number = self._position + size, self._number + block.count(b"\n")
        return block

    def take_text(self) -> bytes:
        """Return the text before the next line that begins with #."""
        match = _NEXT_KEY.search(self._content, self._position)
        end = len(self._content) if match is None else match.start()
        block = self._content[self._position : end]
        self._position, self._number = end, self._number + block.count(b"\n")
        return block

"""What we do with text that people write: one normal form, nothing invisible, sane length. Pure."""

import unicodedata
from dataclasses import dataclass

import regex

# Zalgo: no script needs more marks than this on one base character.
MAX_MARKS = 4
INVISIBLE = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}--[\u200c\u200d]]", regex.VERSION1)  # joiners build words and emoji
SPACES = regex.compile(r"\s+")
MARKS = regex.compile(rf"(\p{{M}}{{{MAX_MARKS}}})\p{{M}}+")
GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class CleanText:
    """Text in normal form and its length as people count characters (grapheme clusters)."""

    text: str
    length: int


def clean_line(text: str) -> CleanText:
    """Return text as one line: NFC, no control, format, bidi or unassigned characters, single spaces, few marks."""
    line = SPACES.sub(" ", unicodedata.normalize("NFC", text))
    line = MARKS.sub(r"\1", INVISIBLE.sub("", line)).strip()
    return CleanText(line, len(GRAPHEME.findall(line)))


def clean_text(text: str) -> str:
    """Return text of several lines, each cleaned; line breaks as LF, at most one empty line in a row."""
    lines = [clean_line(line).text for line in text.splitlines()]
    return regex.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

"""Words and links that nobody should send to a class, and how they are found although written oddly. Pure."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import regex

COMMENT = "#"
LETTERS = regex.compile(r"[^\p{L}\p{N}]+")
SPACED_OUT = regex.compile(r"(?<!\p{L})(?:\p{L}[\s.\-_*]){2,}\p{L}(?!\p{L})")  # "f u c k", "s-p-a-m"
LINK = regex.compile(
    r"(?:https?|ftp)\s*:\s*/\s*/|\bwww\s*\.\s*\w|"
    r"[\p{L}\p{N}][\p{L}\p{N}\-]*\s?\.\s?(?:com|net|org|edu|gov|info|biz|xyz|top|vip|club|shop|site|online|live|app|dev|"
    r"link|cn|hk|tw|jp|kr|ru|uk|de|fr|eu|us|io|me|tv|cc|gg|ly|to|co)(?![\p{L}\p{N}])(?:\s?[/:?#]|(?!\s?[\p{L}\p{N}(]))"
)
IDEOGRAPH = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Compiled words. Those of an alphabet match as whole words; those of Chinese, Japanese and Korean anywhere."""

    words: regex.Pattern[str] | None
    parts: regex.Pattern[str] | None

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Blocklist":
        """Return the list of a file with one word or phrase a line; "#" starts a comment."""
        entries = {folded(line.partition(COMMENT)[0]).strip() for line in lines} - {""}
        parts = {LETTERS.sub("", entry) for entry in entries if IDEOGRAPH.search(entry)}
        words = {LETTERS.sub(" ", entry).strip() for entry in entries if not IDEOGRAPH.search(entry)}
        return cls(_any_of(words, r"(?<!\S)(?:%s)(?!\S)"), _any_of(parts, "%s"))

    def blocks(self, text: str) -> bool:
        """Return whether a word is in the text, whatever the width, case, accents or spacing of its letters."""
        plain = folded(text)
        spaced = SPACED_OUT.sub(lambda found: LETTERS.sub("", found.group()), plain)
        as_words = (LETTERS.sub(" ", plain), LETTERS.sub(" ", spaced))
        in_words = self.words is not None and any(self.words.search(line) for line in as_words)
        return in_words or (self.parts is not None and self.parts.search(LETTERS.sub("", plain)) is not None)


def folded(text: str) -> str:
    """Return text without the differences that do not change how it is read: width, case, accents, ligatures."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", "".join(char for char in plain if unicodedata.category(char) != "Mn"))


def has_link(text: str) -> bool:
    """Return whether text holds an address of the web, also one that is spaced or of full width."""
    return LINK.search(folded(text).replace("。", ".")) is not None


def _any_of(entries: set[str], frame: str) -> regex.Pattern[str] | None:
    if not entries:
        return None
    return regex.compile(frame % "|".join(regex.escape(entry) for entry in sorted(entries, key=len, reverse=True)))

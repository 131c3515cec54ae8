"""Words and links that nobody should send to a class, and how they are found although written oddly. Pure."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import opencc
import regex

from eduvideo.moderation.lookalikes import as_latin

COMMENT = "#"
AS_WRITTEN = "-pinyin"  # after a word whose pinyin also means something harmless
LETTERS = regex.compile(r"[^\p{L}\p{N}]+")
SPACED_OUT = regex.compile(r"(?<!\p{L})(?:\p{L}[\s.\-_*]){2,}\p{L}(?!\p{L})")  # "f u c k", "s-p-a-m"
# Of a domain only its last letter and its ending are looked for: from each letter on, a long text would take minutes.
LINK = regex.compile(
    r"(?:https?|ftp)\s*:\s*/\s*/|\bwww\s*\.\s*\w|"
    r"[\p{L}\p{N}]-*\s?\.\s?(?:com|net|org|edu|gov|info|biz|xyz|top|vip|club|shop|site|online|live|app|dev|"
    r"link|cn|hk|tw|jp|kr|ru|uk|de|fr|eu|us|io|me|tv|cc|gg|ly|to|co)(?![\p{L}\p{N}])(?:\s?[/:?#]|(?!\s?[\p{L}\p{N}(]))"
)
IDEOGRAPH = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
HAN = regex.compile(r"\p{Han}")
FEWEST_SOUNDS = 2  # one syllable alone says nothing


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Compiled words. Those of an alphabet match as whole words; those of Chinese, Japanese and Korean anywhere.

    `sounds` are the Chinese ones in pinyin.
    """

    words: regex.Pattern[str] | None
    parts: regex.Pattern[str] | None
    sounds: regex.Pattern[str] | None

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Blocklist":
        """Return the list of a file with one word or phrase a line; "#" starts a comment, "-pinyin" ends a word."""
        entries = {skeleton(line.partition(COMMENT)[0]).strip() for line in lines} - {""}
        chinese = {entry for entry in entries if IDEOGRAPH.search(entry)}
        parts = {LETTERS.sub("", entry.removesuffix(AS_WRITTEN)) for entry in chinese}
        heard = {LETTERS.sub("", entry) for entry in chinese if not entry.endswith(AS_WRITTEN)}
        words = {LETTERS.sub(" ", entry).strip() for entry in entries - chinese}
        return cls(
            _any_of(map(regex.escape, words), r"(?<!\S)(?:%s)(?!\S)"),
            _any_of(map(regex.escape, parts), "%s"),
            _any_of((spelling for word in heard for spelling in _spellings(word)), "%s"),
        )

    def blocks(self, text: str) -> bool:
        """Return whether a word is in the text, however it is written.

        Width, case, accents, spacing, simplified or traditional script make no difference, nor letters of another
        alphabet that look alike, nor that a Chinese word is in pinyin.
        """
        plain = skeleton(text)
        spaced = SPACED_OUT.sub(lambda found: LETTERS.sub("", found.group()), plain)
        lines = {LETTERS.sub(" ", plain), LETTERS.sub(" ", spaced)}
        if any(wanted.search(line) for wanted in (self.words, self.sounds) if wanted for line in lines):
            return True
        return self.parts is not None and self.parts.search(LETTERS.sub("", plain)) is not None


def skeleton(text: str) -> str:
    """Return text by what is seen of it: folded, in simplified script, with Latin letters for those that look so."""
    plain = folded(as_latin(text))
    return str(_simplify().convert(plain)) if HAN.search(plain) else plain


def folded(text: str) -> str:
    """Return text without the differences that do not change how it is read: width, case, accents, ligatures."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", "".join(char for char in plain if unicodedata.category(char) != "Mn"))


def has_link(text: str) -> bool:
    """Return whether text holds an address of the web, also one that is spaced or of full width."""
    return LINK.search(folded(text).replace("。", ".")) is not None


def _spellings(word: str) -> tuple[str, ...]:
    """Return patterns for a Chinese word written in pinyin, with or without the numbers of its tones.

    In one piece it is found as a whole word: "ni shabi", not "shabiao". With spaces between it counts only where no
    other Latin word is beside it, since "Put the gun down. Dan said so" is English.
    """
    from pypinyin import lazy_pinyin  # slow to load, and most processes check nothing

    sounds = lazy_pinyin(word)
    if len(sounds) < FEWEST_SOUNDS or not all(map(str.isascii, sounds)):
        return ()
    syllables = [regex.escape(sound).replace("v", "[uv]") + "[1-5]?" for sound in sounds]
    in_one, apart = "".join(syllables), " ?".join(syllables)
    return rf"(?<!\p{{Latin}}){in_one}(?!\p{{Latin}})", rf"(?<!\p{{Latin}} ?){apart}(?! ?\p{{Latin}})"


@cache
def _simplify() -> "opencc.OpenCC":
    return opencc.OpenCC("t2s")


def _any_of(patterns: Iterable[str], frame: str) -> regex.Pattern[str] | None:
    longest_first = sorted(patterns, key=len, reverse=True)
    return regex.compile(frame % "|".join(longest_first)) if longest_first else None

"""Letters of other alphabets that are drawn like Latin ones, so that a word is read as it looks. Pure.

They are those of the alphabets in use that Unicode's list of confusable characters (UTS 39) pairs with a Latin letter,
and a few that people take for one. What only is another form of a Latin letter (full width, mathematical, circled) is
undone by Unicode's NFKD.
"""

from unicodedata import name, normalize

import regex

_CYRILLIC = ("АВЕКМНОРСТУХІЈЅԀԌԚԜҺӀавекмнорстухіјѕԁԍԛԝһӏгип", "ABEKMHOPCTYXIJSDGQWHIabekmhopctyxijsdgqwhlrun")
_GREEK = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεικνορστυχγηωϲϳ", "ABEZHIKMNOPTYXabeikvopotuxynwcj")
_ARMENIAN = ("ՏՍՕԼաոսօհոցգզյ", "SUOLwnuohnggqj")
_LATIN = ("ɑɡıɩȷłøđħꞵɢʋ", "agiijlodhbgu")
# Small capitals, white on black, the halves of flags.
_NAMED = regex.compile(
    r"(?:LATIN LETTER SMALL CAPITAL|NEGATIVE (?:SQUARED|CIRCLED) LATIN CAPITAL LETTER|REGIONAL INDICATOR SYMBOL LETTER)"
    r" ([A-Z])"
)
_BLOCKS = ((0x0250, 0x02B0), (0x1D00, 0x1D80), (0xA700, 0xA800), (0x1F150, 0x1F18A), (0x1F1E6, 0x1F200))


def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for theirs, ours in (_CYRILLIC, _GREEK, _ARMENIAN, _LATIN):
        table |= {ord(letter): latin for letter, latin in zip(theirs, ours, strict=True)}
    for start, end in _BLOCKS:
        for code in range(start, end):
            if found := _NAMED.fullmatch(name(chr(code), "")):
                table[code] = found[1].lower()
    return table


_TABLE = _table()


def as_latin(text: str) -> str:
    """Return text with each letter that looks like a Latin one in its place; decomposed (NFKD)."""
    plain = normalize("NFKD", text)
    return plain if plain.isascii() else plain.translate(_TABLE)

"""Words for a grade or a subject inside a question: 初二物理, "grade 8 algebra", 必修一. Pure.

A grade that is named is always meant as one. A subject's name is also an ordinary word (the physics of sound), so it
counts only beside a grade, apart from other Chinese words, or alone.
"""

import re
from dataclasses import dataclass

from search.analysis import normalize

_DIGITS = {"一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9"}
_ORDINALS = {
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7",
    "eighth": "8", "ninth": "9", "tenth": "10", "eleventh": "11", "twelfth": "12",
}  # fmt: skip
_N = r"1[0-2]|[1-9]"
# Each pattern's last group says which year it is.
_GRADES: tuple[tuple[re.Pattern[str], dict[str, str]], ...] = (
    (re.compile(r"(?:小学|初中)?([一二三四五六七八九]|[1-9])年级(?:上册|下册)?"), _DIGITS),
    (
        re.compile(r"(?:初中)?(?<![最当年])初([一二三123])(?![个次步等级中期])(?:上册|下册)?"),
        {"一": "7", "二": "8", "三": "9", "1": "7", "2": "8", "3": "9"},
    ),
    (
        re.compile(r"(?:高中)?(?<![最提身])高([一二三123])(?![个次致维点些倍米])(?:上册|下册)?"),
        {"一": "10", "二": "11", "三": "12", "1": "10", "2": "11", "3": "12"},
    ),
    (re.compile(r"高中(?:选修|选择性必修)[一二三四123]?|选择性(必修)[一二三四123]?"), {"": "11", "必修": "11"}),
    (re.compile(r"必修第?([一二12])册?"), dict.fromkeys("一二12", "10")),
    (re.compile(rf"\b(?:grade|class)\s?({_N})\b"), {}),
    (re.compile(rf"\b({_N})(?:st|nd|rd|th)[\s-]grade(?:rs?)?\b"), {}),
    (re.compile(rf"\b({'|'.join(_ORDINALS)})[\s-]grade(?:rs?)?\b"), _ORDINALS),
    (re.compile(r"\byear\s?(1[0-3]|[2-9])\b"), {str(year): str(year - 1) for year in range(2, 14)}),
    (re.compile(r"幼儿园|学前班|\b(?:kindergarten|preschool)\b"), {"": "k"}),
    (re.compile(r"\b(?:undergraduate|university|college)\b|(?<![一-鿿])(?:大学|本科)"), {"": "undergraduate"}),
    (re.compile(r"\b(?:postgraduate|graduate school)\b|研究生"), {"": "postgraduate"}),
)
_SUBJECTS = {
    "chinese": ("语文",),
    "mathematics": ("数学", "mathematics", "math", "maths"),
    "english": ("英语",),
    "physics": ("物理", "物理学", "physics"),
    "chemistry": ("化学", "chemistry"),
    "biology": ("生物", "生物学", "biology"),
    "history": ("历史", "history"),
    "geography": ("地理", "geography"),
    "politics": ("政治", "思想政治", "道德与法治", "politics", "civics"),
    "science": ("科学", "science"),
    "computing": ("信息技术", "计算机", "computing", "computer science"),
    "art": ("美术", "art"),
    "music": ("音乐", "music"),
    "pe": ("体育", "physical education"),
    "economics": ("经济学", "economics"),
    "psychology": ("心理学", "psychology"),
}
_SUBJECT_OF = {name: slug for slug, names in _SUBJECTS.items() for name in names}
_LATIN_NAMES = sorted((name for name in _SUBJECT_OF if name.isascii()), key=len, reverse=True)
_HAN_NAMES = sorted((name for name in _SUBJECT_OF if not name.isascii()), key=len, reverse=True)
_ANY_SUBJECT = rf"(?:{'|'.join([*_HAN_NAMES, *(rf'{chr(92)}b{name}{chr(92)}b' for name in _LATIN_NAMES)])})"
_APART = re.compile(rf"(?:(?<=\s)|^)({'|'.join(_HAN_NAMES)})(?=\s|$)")
_STAGE = re.compile(r"(?:小学|初中|高中)\s?(?=\n|[数语英物化生历地政]|$)")
_HOLE = "\n"  # stands where a grade was; normalized text has spaces only where somebody typed one


@dataclass(frozen=True, slots=True)
class Filters:
    """What a question says about where to look, and the rest of it; "" where it says nothing."""

    subject: str
    grade: str
    rest: str


def read_filters(text: str) -> Filters:
    """Take the words for a grade and a subject out of a question."""
    plain = " ".join(normalize(text).split())
    rest, grade = _grade_of(plain)
    if grade:
        rest = _STAGE.sub(_HOLE, rest)
    rest, subject = _subject_of(rest, has_grade=bool(grade))
    return Filters(subject, grade, " ".join(rest.split()))


def _grade_of(text: str) -> tuple[str, str]:
    for pattern, meant in _GRADES:
        if match := pattern.search(text):
            said = (match[match.lastindex] if match.lastindex else "") or ""
            grade = meant.get(said, said)
            return text[: match.start()] + _HOLE + text[match.end() :], grade
    return text, ""


def _subject_of(text: str, *, has_grade: bool) -> tuple[str, str]:
    if (alone := text.strip()) in _SUBJECT_OF:
        return "", _SUBJECT_OF[alone]
    if has_grade and (match := re.search(rf"{_HOLE}\s?({_ANY_SUBJECT})|({_ANY_SUBJECT})\s?{_HOLE}", text)):
        return text[: match.start()] + " " + text[match.end() :], _SUBJECT_OF[match[1] or match[2]]
    if (match := _APART.search(text)) and len(text.split()) > 1:
        return text[: match.start()] + " " + text[match.end() :], _SUBJECT_OF[match[1]]
    return text, ""

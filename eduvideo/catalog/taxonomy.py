"""The subjects and grades of the catalogue, in the order of the curriculum. Pure data.

Slugs are stable and part of the public surface; names are English msgids with Chinese in the message catalog.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Subject:
    """A school or university subject; `hue` (degrees) colors its chip."""

    id: str
    name: Any  # a lazy translation: str(name) gives the reader's language
    hue: int


@dataclass(frozen=True, slots=True)
class Grade:
    """A year of study; `isced` is the ISCED 2011 level."""

    id: str
    name: Any  # a lazy translation
    isced: int


SUBJECTS: tuple[Subject, ...] = (
    Subject("chinese", _("Chinese"), 8),
    Subject("mathematics", _("Mathematics"), 214),
    Subject("english", _("English"), 262),
    Subject("physics", _("Physics"), 190),
    Subject("chemistry", _("Chemistry"), 152),
    Subject("biology", _("Biology"), 120),
    Subject("history", _("History"), 32),
    Subject("geography", _("Geography"), 172),
    Subject("politics", _("Politics"), 350),
    Subject("science", _("Science"), 200),
    Subject("computing", _("Computing"), 230),
    Subject("art", _("Art"), 320),
    Subject("music", _("Music"), 290),
    Subject("pe", _("Physical education"), 88),
    Subject("languages", _("Languages"), 275),
    Subject("economics", _("Economics"), 46),
    Subject("psychology", _("Psychology"), 305),
    Subject("engineering", _("Engineering"), 20),
    Subject("medicine", _("Medicine"), 0),
    Subject("law", _("Law"), 240),
    Subject("other", _("Other"), 60),
)

GRADES: tuple[Grade, ...] = (
    Grade("k", _("Kindergarten"), 0),
    Grade("1", _("Grade 1"), 1),
    Grade("2", _("Grade 2"), 1),
    Grade("3", _("Grade 3"), 1),
    Grade("4", _("Grade 4"), 1),
    Grade("5", _("Grade 5"), 1),
    Grade("6", _("Grade 6"), 1),
    Grade("7", _("Grade 7"), 2),
    Grade("8", _("Grade 8"), 2),
    Grade("9", _("Grade 9"), 2),
    Grade("10", _("Grade 10"), 3),
    Grade("11", _("Grade 11"), 3),
    Grade("12", _("Grade 12"), 3),
    Grade("undergraduate", _("Undergraduate"), 6),
    Grade("postgraduate", _("Postgraduate"), 7),
    Grade("adult", _("Adult learning"), 4),
)

SUBJECT_BY_ID = {subject.id: subject for subject in SUBJECTS}
GRADE_BY_ID = {grade.id: grade for grade in GRADES}
# Who is spared what crowds say, until somebody older decides otherwise.
YOUNGEST_GRADES = frozenset({"k", "1", "2", "3"})

LANGUAGES: tuple[tuple[str, str], ...] = (
    ("zh", "中文"),
    ("en", "English"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("fr", "Français"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("ru", "Русский"),
)

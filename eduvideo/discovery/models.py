"""The table of words that the staff adds to the vocabulary of search."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from eduvideo.catalog.taxonomy import SUBJECTS
from search.vocabulary import term_key

MAX_TERMS = 2000  # characters
BETWEEN = ";"


def subject_choices() -> list[tuple[str, str]]:
    return [(subject.id, str(subject.name)) for subject in SUBJECTS]


class VocabularyGroup(models.Model):
    """Words that mean the same to search. It takes the place of the group that begins with the same word."""

    subject = models.CharField(max_length=20, blank=True, choices=subject_choices, help_text="To find it in this list")
    terms = models.CharField(
        max_length=MAX_TERMS,
        help_text="At least two, with a semicolon between: 勾股定理; Pythagorean theorem. Search follows in a minute",
    )
    is_removed = models.BooleanField(
        "removed", default=False, help_text="Only switch off the group that begins with the first of these words"
    )

    class Meta:
        ordering = ["subject", "terms"]
        constraints = [models.CheckConstraint(condition=~models.Q(terms=""), name="vocabulary_group_has_terms")]

    def __str__(self) -> str:
        return self.terms

    @property
    def words(self) -> tuple[str, ...]:
        """Return the group as search takes it: a single word where it is removed."""
        words = tuple(" ".join(term.split()) for term in self.terms.split(BETWEEN) if term.strip())
        return words[:1] if self.is_removed else words

    def clean(self) -> None:
        """Refuse what search could not use, and a second group with the same first word."""
        keys = [term_key(word) for word in self.words]
        if not all(keys):
            raise ValidationError({"terms": _("Every word needs a letter or a number.")})
        if len(keys) < (1 if self.is_removed else 2):
            raise ValidationError({"terms": _("Please give at least two words, with a semicolon between.")})
        if len(set(keys)) < len(keys):
            raise ValidationError({"terms": _("A word stands here twice.")})
        others = VocabularyGroup.objects.exclude(pk=self.pk)
        if any(term_key(other.words[0]) == keys[0] for other in others):
            raise ValidationError({"terms": _("Another group begins with the same word.")})

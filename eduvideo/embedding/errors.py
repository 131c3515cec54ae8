"""Errors of embedding.

DomainError (core/errors.py)
├── FramesOnlyError        403  a lesson that is shown only inside the pages of listed sites
├── UnreadableError        400  a request to /oembed that cannot be read
└── FormatError            501  oEmbed in a format that we do not write

ValueError
└── DomainSyntaxError      what is wrong with one line of an allow list, as a sentence
"""

from django.utils.translation import gettext_lazy as _

from eduvideo.core.errors import DomainError


class FramesOnlyError(DomainError):
    code = "frames-only"
    status = 403
    title = _("This lesson is shown only inside the pages of its school")


class UnreadableError(DomainError):
    code = "unreadable"
    status = 400
    title = _("The request could not be read")


class FormatError(DomainError):
    code = "format-not-offered"
    status = 501
    title = _("This format is not offered")


class DomainSyntaxError(ValueError):
    """The message is a sentence for the person who typed the domain."""

"""Writes of embedding."""

from collections.abc import Iterable, Sequence

from django.db import transaction

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Playlist
from eduvideo.catalog.playlists import close_embedded_playback
from eduvideo.embedding.domains import parse_domains
from eduvideo.embedding.models import AllowList


@transaction.atomic
def allow_domains(playlist: Playlist, *, by: User, lines: Iterable[str]) -> Sequence[str]:  # noqa: ARG001 - the audit log will name them
    """Set the sites that may frame a playlist, one a line, and return them as browsers get them; none means every site.

    Raises InvalidInputError with one message for every line that is wrong. Whoever watches an embed-only video in a
    frame must load it again, so that a site that is no longer listed loses it.
    """
    domains = parse_domains(lines)
    AllowList.objects.update_or_create(playlist=playlist, defaults={"domains": list(domains)})
    close_embedded_playback(playlist)
    return domains

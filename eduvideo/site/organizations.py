"""Pages of organizations, for their members."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from eduvideo.accounts.access import get_organization_for
from eduvideo.catalog.models import Video
from eduvideo.catalog.queries import cards_of
from eduvideo.core.pagination import page_by_time
from eduvideo.site.cards import cards


@login_required
def organization(request: HttpRequest, public_id: str) -> HttpResponse:
    """List what the members of an organization find there, newest first."""
    found = get_organization_for(request.user, public_id)
    lessons = cards_of(Video.objects.listed_in(found))
    page = page_by_time(lessons, field="published_at", cursor=request.GET.get("cursor"))
    context = {"organization": found, "cards": cards(page.items), "next": page.next}
    return render(request, "site/organization.html", context)

"""What asks before it is done: with script in a dialog (frontend/src/ui/confirm.ts), without it by a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def ask_first(request: HttpRequest, *, question: str, yes: str, back: str) -> HttpResponse | None:
    """Return a page that asks, or None when the form said that its person has been asked.

    The page sends the same form again to the same address; `back` is where a no leads.
    """
    if "confirmed" in request.POST:
        return None
    fields = [
        (name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
    ]
    return render(request, "site/confirm.html", {"question": question, "yes": yes, "back": back, "fields": fields})

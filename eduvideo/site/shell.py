"""What makes the site installable: its manifest, its icons, the service worker, and the page without a network.

The worker is built from frontend/src/shell/worker.ts. It keeps files whose names hold a hash, and the page without a
network; no page with anybody's content, no media, nothing of the API.
"""

import hashlib
import json
from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control

from eduvideo.site.addresses import HREFLANG, PARAMETER
from eduvideo.site.app_icons import icon_png
from eduvideo.site.assets import entry_files, worker_text

ICONS = {"192": (192, False), "512": (512, False), "maskable-512": (512, True), "touch-180": (180, True)}
LIGHT, DARK = "#ffffff", "#1b1f29"  # --surface of tokens.css, which the header has
# Takes the worker away again, with what it kept, wherever it is installed.
FAREWELL = """self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("shell-")) await caches.delete(name);
  await self.registration.unregister();
})()));
"""


@cache_control(public=True, max_age=86_400)
def manifest(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django passes it
    """Describe the site as an app, in the language that the address fixes."""
    language = get_language() or "en"
    icons = [
        {"src": f"/icons/{name}.png", "sizes": f"{size}x{size}", "type": "image/png",
         "purpose": "maskable" if is_maskable else "any"}
        for name, (size, is_maskable) in ICONS.items() if not name.startswith("touch")
    ]  # fmt: skip
    described = {
        "id": "/",
        "name": _("EduVideo: learn by video, together"),
        "short_name": "EduVideo",
        "description": _("Lessons by video, by subject and grade, in Chinese and English."),
        "lang": HREFLANG.get(language, "en"),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": LIGHT,
        "theme_color": LIGHT,
        "categories": ["education"],
        "icons": [{"src": static("site/icon.svg"), "sizes": "any", "type": "image/svg+xml"}, *icons],
        "shortcuts": [
            {"name": _("Search"), "url": "/search"},
            {"name": _("Subjects"), "url": "/browse"},
            {"name": _("Me"), "url": "/accounts/me"},
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


@cache_control(public=True, max_age=86_400)
def icon(request: HttpRequest, name: str) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Give the mark as PNG."""
    if name not in ICONS:
        raise Http404
    size_px, is_maskable = ICONS[name]
    return HttpResponse(icon_png(size_px, is_maskable=is_maskable), content_type="image/png")


@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    """Show the page without a network. It is the same for everybody: the worker keeps it."""
    return render(request, "site/offline.html")


@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Give the service worker, told what this deployment has; another deployment gives another worker."""
    return HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")


@cache
def _worker() -> str:
    files, text = entry_files("site"), worker_text()
    if files is None or text is None or not settings.EDUVIDEO.offline:
        return FAREWELL
    pages = {language: f"/offline?{PARAMETER}={language}" for language in HREFLANG}
    assets = [static(path) for path in (files.script, *files.imports, *files.styles, "site/icon.svg", "site/icons.svg")]
    told = {"pages": pages, "assets": assets}
    told["version"] = hashlib.sha256("\n".join([json.dumps(told), text, *_pages()]).encode()).hexdigest()[:12]
    return f"self.shell = {json.dumps(told)};\n{text}"


def _pages() -> list[str]:
    """Return the page without a network in each language: when it has changed, so has the worker."""
    texts: list[str] = []
    for language in HREFLANG:
        with translation.override(language):
            texts.append(render_to_string("site/offline.html"))
    return texts

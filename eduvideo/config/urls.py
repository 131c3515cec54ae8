"""Every page and the API. What the three ASGI endpoints serve is in asgi.py."""

from django.contrib import admin
from django.urls import include, path

from eduvideo.config.api import api, not_found
from eduvideo.core import pages as core
from eduvideo.embedding import pages as embedding
from eduvideo.site import pages as site
from eduvideo.site import studio

urlpatterns = [
    path("health/live", core.live),
    path("health/ready", core.ready),
    path("api/v1/", api.urls),
    path("api/<path:rest>", not_found),
    path("admin/", admin.site.urls),
    path("accounts/me", studio.me, name="me"),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", site.home, name="home"),
    path("browse", site.browse, name="browse"),
    path("search", site.search, name="search"),
    path("watch/<str:public_id>", site.watch, name="watch"),
    path("watch/<str:public_id>/chapters.vtt", site.chapters_track),
    path("embed/video/<str:public_id>", embedding.video, name="embed-video"),
    path("embed/playlist/<str:public_id>", embedding.playlist, name="embed-playlist"),
    path("oembed", embedding.oembed, name="oembed"),
    path("studio", studio.lessons, name="studio"),
    path("studio/<str:public_id>", studio.lesson, name="lesson"),
    path("studio/<str:public_id>/settings", studio.save_settings),
    path("studio/<str:public_id>/captions", studio.save_captions),
    path("studio/<str:public_id>/captions/<str:language>/delete", studio.delete_captions),
    path("studio/<str:public_id>/chapters", studio.save_chapters),
    path("studio/<str:public_id>/study-guide", studio.save_guide),
    path("studio/<str:public_id>/publish", studio.publish),
    path("studio/<str:public_id>/unpublish", studio.unpublish),
    path("studio/<str:public_id>/retry", studio.retry),
    path("studio/<str:public_id>/delete", studio.delete),
]

handler500 = "eduvideo.site.middleware.fault"

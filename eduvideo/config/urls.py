"""Every page and the API. What the three ASGI endpoints serve is in asgi.py."""

from django.contrib import admin
from django.urls import include, path

from eduvideo.config.api import api, not_found
from eduvideo.core import pages as core
from eduvideo.embedding import pages as embedding
from eduvideo.site import operations, organizations, playlist_studio, playlists, searching, sitemaps, studio
from eduvideo.site import pages as site

urlpatterns = [
    path("robots.txt", sitemaps.robots),
    path("sitemap.xml", sitemaps.index),
    path("sitemaps/browse.xml", sitemaps.browse),
    path("sitemaps/lessons-<int:block>.xml", sitemaps.lessons),
    path("sitemaps/playlists-<int:block>.xml", sitemaps.playlists),
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
    path("search", searching.search, name="search"),
    path("watch/<str:public_id>", site.watch, name="watch"),
    path("watch/<str:public_id>/chapters.vtt", site.chapters_track),
    path("embed/video/<str:public_id>", embedding.video, name="embed-video"),
    path("embed/playlist/<str:public_id>", embedding.playlist, name="embed-playlist"),
    path("oembed", embedding.oembed, name="oembed"),
    path("playlist/<str:public_id>", playlists.playlist, name="playlist"),
    path("organizations/<str:public_id>", organizations.organization, name="organization"),
    path("operations", operations.transcodes, name="operations"),
    path("operations/jobs/<str:public_id>/cancel", operations.cancel),
    path("operations/jobs/<str:public_id>/retry", operations.retry),
    path("operations/jobs/<str:public_id>/remake", operations.remake),
    path("operations/jobs/<str:public_id>/priority", operations.prioritize),
    path("studio", studio.lessons, name="studio"),
    path("studio/playlists", playlist_studio.mine, name="my-playlists"),
    path("studio/playlists/<str:public_id>", playlist_studio.edit, name="edit-playlist"),
    path("studio/playlists/<str:public_id>/about", playlist_studio.save_about),
    path("studio/playlists/<str:public_id>/order", playlist_studio.save_order),
    path("studio/playlists/<str:public_id>/add", playlist_studio.add),
    path("studio/playlists/<str:public_id>/embedding", playlist_studio.save_embedding),
    path("studio/playlists/<str:public_id>/publish", playlist_studio.publish),
    path("studio/playlists/<str:public_id>/unpublish", playlist_studio.unpublish),
    path("studio/playlists/<str:public_id>/delete", playlist_studio.delete),
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

"""Every page and the API. What the three ASGI endpoints serve is in asgi.py."""

from django.contrib import admin
from django.urls import include, path

from eduvideo.config.api import api, not_found
from eduvideo.core import pages as core
from eduvideo.site import pages as site

urlpatterns = [
    path("health/live", core.live),
    path("health/ready", core.ready),
    path("api/v1/", api.urls),
    path("api/<path:rest>", not_found),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", site.home, name="home"),
]

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "eduvideo.site"
    label = "site"

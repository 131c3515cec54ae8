from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "eduvideo.accounts"
    label = "accounts"

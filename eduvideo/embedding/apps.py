from django.apps import AppConfig


class EmbeddingConfig(AppConfig):
    name = "eduvideo.embedding"
    label = "embedding"

from django.contrib import admin

from eduvideo.discovery.models import VocabularyGroup


@admin.register(VocabularyGroup)
class VocabularyGroupAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ("terms", "subject", "is_removed")
    list_filter = ("subject", "is_removed")
    search_fields = ("terms",)
    fields = ("terms", "subject", "is_removed")

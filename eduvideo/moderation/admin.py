"""Reports and decisions can be looked at and searched here; they are made where the things themselves are."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from eduvideo.moderation.models import Decision, Report


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Shows rows that nobody may change, not even here."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "thing", "video", "reason", "reporter", "closed_at")
    list_filter = ("kind", "reason")
    list_select_related = ("reporter",)
    search_fields = ("thing", "video", "reporter__email")


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "act", "kind", "thing", "video", "authority", "by", "reason")
    list_filter = ("act", "kind", "authority")
    list_select_related = ("by",)
    search_fields = ("thing", "video", "by__email")

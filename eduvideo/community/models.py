"""Tables of how lessons are received. They count people and name none."""

from django.db import models

from eduvideo.catalog.models import Video


class DailyViews(models.Model):
    """How many people watched a video on one day (UTC)."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="daily_views", db_index=False)
    day = models.DateField(db_index=True)
    people = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["video", "day"], name="daily_views_once")]

    def __str__(self) -> str:
        return f"{self.people} watched {self.video_id} on {self.day}"


class PopularVideo(models.Model):
    """One of the most watched videos of its grade in the last weeks; a copy, made anew from DailyViews."""

    video = models.OneToOneField(Video, on_delete=models.CASCADE, related_name="popularity")
    grade = models.CharField(max_length=20)
    views = models.PositiveIntegerField(help_text="Sum of the days")

    class Meta:
        indexes = [models.Index(fields=["grade", "-views", "-video"], name="popular_of_grade")]

    def __str__(self) -> str:
        return f"{self.video_id} of grade {self.grade}: {self.views}"

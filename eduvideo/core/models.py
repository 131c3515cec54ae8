"""Tables of the outbox and of the locks between processes."""

from django.db import models


class OutboxEvent(models.Model):
    """An event that became true with the transaction that wrote this row, until its handlers have run."""

    name = models.CharField(max_length=100)
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True, help_text="Given up after too many attempts; an operator must look")
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], name="outbox_open", condition=models.Q(done_at=None, dead_at=None)),
            models.Index(fields=["dead_at"], name="outbox_dead", condition=models.Q(dead_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class Lease(models.Model):
    """A named lock with an end, for what only one process may do at a time, on every database."""

    name = models.CharField(max_length=100, primary_key=True)
    holder = models.CharField(max_length=100)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

"""What every app stands on: settings, ids, clock, errors, events with their outbox, broker and object store.

Knows no domain. Nothing here may import another app.
"""

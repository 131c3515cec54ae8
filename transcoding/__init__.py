"""Study videos in, HLS out: a library, a command line and Celery tasks.

Knows no Django, no database and nothing of `eduvideo`; usable on its own.

Pure (decide): source, ladder, plan, command, boxes, playlist, captions, messages.
Doing (one side effect each): probe, encode, verify, storyboard, storage; put together by pipeline.
Entrances: `python -m transcoding` and `celery -A transcoding.tasks worker -Q transcode`.
"""

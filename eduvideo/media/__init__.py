"""Asset, TranscodeJob, Rendition, CaptionTrack, playback. The only app that calls transcoding."""

"""Study material beside a video: the StudyGuide; and how far each learner is: WatchProgress."""

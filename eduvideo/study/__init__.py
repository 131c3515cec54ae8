"""Study material beside a video: the StudyGuide."""

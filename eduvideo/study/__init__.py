"""Study material beside a video: the StudyGuide with the questions that were answered; how far each learner is."""

"""Pages that bring the apps together: home, browse, watch, studio; templates, static files, languages."""

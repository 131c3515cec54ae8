"""Search, suggest, browse. The only app that calls search."""

"""EduVideo, the product: one folder per domain, calls go down the order of DESIGN, news goes up as events."""

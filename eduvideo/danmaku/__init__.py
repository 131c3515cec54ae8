"""Danmaku: timed comments over the picture, their segments and the live stream."""

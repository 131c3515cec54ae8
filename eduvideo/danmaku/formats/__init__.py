"""Danmaku files of other sites, and of ours: pure parsers and writers, bytes in and text out.

What we cannot show (positioned text, code, odd sizes) is kept in `raw` as data, so that it comes back unchanged; it is
never drawn and never run. What a file says of its authors is only used to tell them apart.
"""

"""Demo lessons: short, true, made by code, so that every page has something to show from the first minute on.

`lessons_zh` and `lessons_en` are the content, `diagrams` and `film` draw it, `seeding` sends it down the same road as a
creator's upload.
"""

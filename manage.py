#!/usr/bin/env python
"""Run a management command, for instance `manage.py dev`."""

from eduvideo.config.manage import main

if __name__ == "__main__":
    main()

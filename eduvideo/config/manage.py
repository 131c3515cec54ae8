"""Management commands, as `manage.py` in a checkout and as the program `eduvideo` where the wheel is installed."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command of this process's arguments."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eduvideo.config.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

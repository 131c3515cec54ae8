"""What tests of pages look for."""

from html.parser import HTMLParser

XSS = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


class Scripts(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.inline = 0
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if (
            tag == "script"
            and "src" not in found
            and found.get("type") not in {"application/json", "application/ld+json"}
        ):
            self.inline += 1
        self.handlers += [name for name in found if name.startswith("on") or name == "style"]

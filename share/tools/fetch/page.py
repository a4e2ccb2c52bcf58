"""page.py - HTML as text that can be read."""
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

BLOCKS = set("""address article aside blockquote body caption center dd details
dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6
header hr li main nav ol option p pre section summary table tbody tfoot thead
title tr ul""".split())
# What stands within these is not for readers.
SILENT = set("script style noscript template svg math iframe object".split())
APART = set("h1 h2 h3 h4 h5 h6 p pre table blockquote".split())


class Page(HTMLParser):
    def __init__(self, base=None):
        """With a base, links are shown."""
        super().__init__(convert_charrefs=True)
        self.base = base
        self.out = []
        self.newlines = 2  # that the text ends with, so far
        self.title = []
        self.silent = None  # the open element that is not shown,
        self.depth = 0  # and how many of its kind are open
        self.pre = 0
        self.href = None
        self.in_title = False

    def put(self, text):
        if text:
            self.out.append(text)
            rest = text.rstrip("\n")
            self.newlines = len(text) - len(rest) + (
                0 if rest else self.newlines)

    def words(self, text):
        text = re.sub(r"\s+", " ", text)
        begun = not self.newlines and not self.out[-1].endswith(" ")
        self.put(text if begun else text.lstrip())

    def newline(self, tag):
        self.put("\n" * ((2 if tag in APART else 1) - self.newlines))

    def handle_starttag(self, tag, attrs):
        if tag in SILENT and self.silent in (None, tag):
            self.silent = tag
            self.depth += 1
        if self.silent:
            return
        attrs = dict(attrs)
        if tag == "title":
            self.in_title = not self.title
        if tag in BLOCKS:
            self.newline(tag)
        if re.fullmatch("h[1-6]", tag):
            self.put("#" * int(tag[1]) + " ")
        elif tag == "li":
            self.put("- ")
        elif tag == "br":
            self.put("\n")
        elif tag in ("td", "th"):
            self.put("" if self.newlines else " | ")
        elif tag == "pre":
            self.pre += 1
        elif tag == "img" and attrs.get("alt"):
            self.words(f" [{attrs['alt']}] ")
        elif tag == "a" and self.base:
            self.href = attrs.get("href")

    def handle_startendtag(self, tag, attrs):
        if tag not in SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if self.silent:
            if tag == self.silent:
                self.depth -= 1
                self.silent = tag if self.depth else None
            return
        if tag == "title":
            self.in_title = False
        elif tag == "pre" and self.pre:
            self.pre -= 1
        elif tag == "a" and self.href:
            try:
                where = urljoin(self.base, self.href.strip())
            except ValueError:
                where = ""
            if where.startswith(("http://", "https://")):
                self.put(f" <{where}>")
            self.href = None
        if tag in BLOCKS:
            self.newline(tag)

    def handle_data(self, data):
        if self.silent:
            return
        if self.in_title:
            self.title.append(data)
        elif self.pre:
            self.put(data)
        else:
            self.words(data)

    def text(self):
        lines = (line.rstrip() for line in "".join(self.out).split("\n"))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def readable(html, base=None):
    """The title and the text of a page."""
    page = Page(base)
    page.feed(html)
    page.close()
    return " ".join("".join(page.title).split()), page.text()

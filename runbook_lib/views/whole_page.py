"""Put sections into a page that stands alone: no script, no network, a line of jumps at its top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from runbook_lib.views.style import POLICY, page_stylesheet, stylesheet

if TYPE_CHECKING:
    from collections.abc import Sequence

Section = tuple[str, str, Markup]
"""Its name in links, its title, and what stands in it."""
_PAGE = Markup(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    '<meta http-equiv="Content-Security-Policy" content="{}">\n<title>{}</title>\n<style>{}</style>\n</head>\n'
    '<body class="rb">\n<main>\n{}\n</main>\n</body>\n</html>\n'
)
_SECTION = Markup('<section id="{}" aria-labelledby="{}-h"><h2 id="{}-h">{}</h2>\n{}</section>')


def whole_page(title: str, head: Markup, sections: Sequence[Section]) -> str:
    """Write the page; a section in which nothing stands is left out."""
    filled = tuple(each for each in sections if each[2])
    jumps = Markup(" ").join(Markup('<a href="#{}">{}</a>').format(name, said) for name, said, _ in filled)
    inside = Markup("\n").join(_SECTION.format(name, name, name, said, body) for name, said, body in filled)
    header = Markup("<header><h1>{}</h1>{}</header>").format(title, head)
    main = Markup("\n").join((header, Markup('<nav aria-label="On this page">{}</nav>').format(jumps), inside))
    style = Markup(stylesheet() + page_stylesheet())  # noqa: S704 - our own
    return str(_PAGE.format(POLICY, f"{title} - Redshift Runbook", style, main))

"""Draw when each stage ran, as an inline picture with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.views.run_page import StageLine

WIDTH, LABELS, VALUES, ROW, BAR = 760, 170, 60, 22, 12
"""Pixels: the whole, the labels on the left, the seconds on the right, one row, one bar."""

_BAR = Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" rx="2" class="{}"><title>{}</title></rect>')
_WORD = Markup('<text x="{:.1f}" y="{}" class="{}">{}</text>')


def timeline(stages: Sequence[StageLine]) -> Markup:
    """Draw stages one after the other; empty when none ran."""
    ran = [each for each in stages if each.seconds > 0]
    total = sum(each.seconds for each in ran)
    if not total:
        return Markup("")
    height = ROW * len(ran) + 8
    said = ", ".join(f"{each.title} {each.seconds:.1f} s" for each in ran)
    head = Markup('<svg viewBox="0 0 {} {}" role="img" class="timeline"><title>Stages in time</title><desc>{}</desc>{}</svg>')
    return head.format(WIDTH, height, said, Markup("").join(_rows(ran, total)))


def _rows(ran: Sequence[StageLine], total: float) -> Iterator[Markup]:
    scale = (WIDTH - LABELS - VALUES) / total
    begun = 0.0
    for place, each in enumerate(ran):
        top = place * ROW + 8
        left, width = LABELS + begun * scale, max(1.5, each.seconds * scale)
        yield _WORD.format(0, top + BAR - 1, "l", f"{each.number} {each.title}")
        kind = "bf" if each.state == "failed" else "bi" if each.state == "idle" else "bd"
        yield _BAR.format(left, top, width, BAR, kind, f"{each.seconds:.1f} s")
        if each.waiting:
            waited = min(width, each.waiting * scale)
            yield _BAR.format(left, top, waited, BAR, "bw", f"{each.waiting:.1f} s for AWS and the databases")
        yield _WORD.format(left + width + 5, top + BAR - 1, "v", f"{each.seconds:.1f} s")
        begun += each.seconds

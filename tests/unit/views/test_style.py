"""The stylesheet: every text can be read on its ground, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from runbook_lib.views.style import CODE_COLOURS, DARK, LIGHT, PAIRS, page_stylesheet, stylesheet

TEXT, GRAPHICS = 4.5, 3.0
THEMES = {"light": LIGHT, "dark": DARK}

both = pytest.mark.parametrize("theme", THEMES)


def luminance(colour: str) -> float:
    """Compute the relative luminance of #rrggbb as WCAG defines it."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Compute the contrast of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def declared(css: str, start: str) -> dict[str, str]:
    """Read the variables that follow a selector in the written stylesheet."""
    rule = css[css.index(start) + len(start) :].lstrip("{")
    return dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6});", rule[: rule.index("}")]))


def test_contrast_is_computed_as_wcag_says() -> None:
    """Black on white is 21, a known grey is known."""
    assert 21.0 == round(contrast("#000000", "#ffffff"), 2)
    assert 4.48 == round(contrast("#777777", "#ffffff"), 2)


@both
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(theme: str, text: str, ground: str) -> None:
    """Every text colour reaches 4.5 on every ground it stands on."""
    colours = THEMES[theme]

    assert contrast(colours[text], colours[ground]) >= TEXT


@both
@pytest.mark.parametrize("bar", ["link", "bad", "muted"])
def test_bars_can_be_seen(theme: str, bar: str) -> None:
    """The bars of the timeline reach 3 against the page."""
    assert contrast(THEMES[theme][bar], THEMES[theme]["bg"]) >= GRAPHICS


@pytest.mark.parametrize(
    ("selector", "colours"),
    [
        (".rb", LIGHT),
        ("@media (prefers-color-scheme:dark){.rb", DARK),
        ("[data-jp-theme-light=true] .rb", LIGHT),
        ("[data-jp-theme-light=false] .rb", DARK),
    ],
)
def test_written_colours_are_the_tested_ones(selector: str, colours: Mapping[str, str]) -> None:
    """The stylesheet declares exactly these colours, for the reader's system and for the notebook's own theme."""
    assert dict(colours) == declared(stylesheet(), selector)


def test_paper_is_light() -> None:
    """Whoever prints a page in the dark gets the light colours."""
    assert dict(LIGHT) == declared(page_stylesheet(), "@media print{.rb")


def test_no_colour_goes_untested() -> None:
    """Rules name colours by variable alone, and only variables that exist."""
    rules = re.sub(r"--[a-z-]+:#[0-9a-f]{6};", "", stylesheet() + page_stylesheet()) + CODE_COLOURS
    used = set(re.findall(r"var\(--([a-z-]+)\)", rules))

    assert [] == re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", rules)
    assert set(LIGHT) == used | {"quiet-bg"}
    assert set(LIGHT) == set(DARK)


def test_asks_nobody() -> None:
    """No rule loads a font, a picture or another stylesheet."""
    assert [] == re.findall(r"url\(|@import|@font-face", stylesheet() + page_stylesheet() + CODE_COLOURS)


def test_rules_do_not_meet_those_of_highlighted_code() -> None:
    """No class of ours is one that pygments gives to a part of code."""
    from pygments.token import STANDARD_TYPES

    selectors = re.findall(r"([^{};]+)\{", stylesheet() + page_stylesheet())
    ours = {name for each in selectors for name in re.findall(r"\.([a-z][a-z-]*)", each)}

    assert set() == ours & set(STANDARD_TYPES.values())
    assert "note" in ours

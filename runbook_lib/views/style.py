"""The colours and the stylesheet: light and dark, every pair of them readable (WCAG 2.2 AA, held by a test)."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "bg": "#ffffff",
    "panel": "#f6f8fa",
    "line": "#d1d9e0",
    "fg": "#1f2328",
    "muted": "#59636e",
    "link": "#0550ae",
    "good": "#0f5323",
    "good-bg": "#dafbe1",
    "change": "#6b4000",
    "change-bg": "#fff4c2",
    "bad": "#8f0c20",
    "bad-bg": "#ffe4e1",
    "owed": "#58309f",
    "owed-bg": "#f5ebff",
    "open": "#0a3f7f",
    "open-bg": "#dbf0ff",
    "quiet": "#59636e",
    "quiet-bg": "#eff2f5",
}
DARK: Mapping[str, str] = {
    "bg": "#0f141b",
    "panel": "#171d26",
    "line": "#3a424d",
    "fg": "#e6edf3",
    "muted": "#a3acb7",
    "link": "#79c0ff",
    "good": "#6fdd8b",
    "good-bg": "#12301c",
    "change": "#eac54f",
    "change-bg": "#332a0b",
    "bad": "#ffa198",
    "bad-bg": "#3c1618",
    "owed": "#d8b9ff",
    "owed-bg": "#2c2041",
    "open": "#8fcbff",
    "open-bg": "#10294a",
    "quiet": "#a3acb7",
    "quiet-bg": "#20262f",
}
PAIRS = (
    ("fg", "bg"),
    ("fg", "panel"),
    ("muted", "bg"),
    ("muted", "panel"),
    ("link", "bg"),
    ("link", "panel"),
    *((tone, f"{tone}-bg") for tone in ("good", "change", "bad", "owed", "open", "quiet")),
    *((tone, ground) for tone in ("good", "change", "bad", "owed", "open") for ground in ("bg", "panel")),
    *(("fg", f"{tone}-bg") for tone in ("good", "change", "bad", "owed", "open", "quiet")),
)
"""Every text colour with every ground that it stands on."""

_IN_JUPYTER = """
[data-jp-theme-light] .rb{--bg:var(--jp-layout-color1);--fg:var(--jp-content-font-color1);--line:var(--jp-border-color2)}
"""
"""Ground, text and lines are the theme's; the tones are ours, since each has to be read on its own ground."""
# Nothing may be loaded and nothing may run, whatever a name in a page says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
# A fold's mark is a list item's: unless its count stays within a cell, Chromium counts all anew for each row that is shown or hidden.
# The class stands twice: JupyterLab's own rules for tables (`.jp-RenderedHTMLCommon:not(...) td`) carry two.
_RULES = """
.rb{color:var(--fg);background:var(--bg);font:14px/1.5 var(--jp-content-font-family,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif);
padding:.6em .8em;border-radius:6px;overflow-x:auto;overflow-wrap:break-word;text-align:left}
.rb.rb h2,.rb.rb h3,.rb.rb h4{line-height:1.3;margin:1em 0 .4em;color:inherit}.rb.rb h3{font-size:1.1em}.rb.rb h4{font-size:1em}
.rb.rb p{margin:.5em 0}.rb.rb a{color:var(--link)}.rb.rb *:first-child{margin-top:0}
.rb.rb table{border-collapse:collapse;margin:.5em 0;font-size:13px;width:auto;max-width:100%;table-layout:auto;border:0}
.rb.rb caption{caption-side:top;text-align:left;color:var(--muted);font-weight:600;padding:.2em 0;white-space:nowrap}
.rb.rb tr,.rb.rb tbody tr:nth-child(odd),.rb.rb tbody tr:nth-child(even){background:transparent}
.rb.rb th,.rb.rb td{text-align:left;vertical-align:top;padding:.32em .7em .32em 0;border:0;border-top:1px solid var(--line);
white-space:pre-wrap;overflow-wrap:break-word;max-width:44em;color:inherit;font-weight:400}
.rb.rb :is(td,details){contain:style}.rb.rb time{white-space:nowrap}.rb.rb .sheet :is(th,td){vertical-align:middle}
.rb.rb thead th{color:var(--muted);font-weight:600;border-top:0;white-space:nowrap}
.rb.rb .scroll{overflow-x:auto;background:linear-gradient(to right,var(--bg) 40%,transparent) 0 0/2.5em 100% no-repeat local,
linear-gradient(to left,var(--bg) 40%,transparent) 100% 0/2.5em 100% no-repeat local,
linear-gradient(to right,var(--line),transparent) 0 0/.9em 100% no-repeat scroll,
linear-gradient(to left,var(--line),transparent) 100% 0/.9em 100% no-repeat scroll}
.rb.rb .scroll:focus-visible{outline:2px solid var(--link)}.rb.rb .facts td{overflow-wrap:anywhere}
@media (min-width:48em){.rb.rb td pre{min-width:25em}}
@media (max-width:48em){.rb.rb caption{white-space:normal}
.rb.rb .scroll table{width:max-content;max-width:none}.rb.rb .scroll td{max-width:20em}}
.rb.rb tbody th{white-space:pre-wrap}.rb.rb .facts th{color:var(--muted);padding-right:1.4em;white-space:nowrap}
.rb.rb code,.rb.rb pre{color:inherit;
font:12px/1.5 var(--jp-code-font-family,ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace);
background:transparent;padding:0;border:0}
.rb.rb pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3em 0;padding:.5em .7em;background:var(--panel);
border-radius:4px;max-height:36em;overflow:auto;word-break:normal}.rb.rb td pre{overflow-wrap:normal}
.rb.rb summary{cursor:pointer;color:var(--link)}.rb.rb summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.rb.rb .counts{display:flex;flex-wrap:wrap;gap:.4em}.rb.rb .counts span{display:none}
.rb.rb .counts b{padding:.1em .6em;border-radius:1em;color:var(--quiet);background:var(--quiet-bg)}
.rb.rb b{display:inline-block;padding:0 .45em;border-radius:3px;font-weight:600;white-space:nowrap}
.rb.rb .note{padding:.4em .7em;border-radius:4px}.rb.rb .note b{padding:0}.rb.rb .way{display:block;margin-top:.15em;white-space:pre-line}
.rb.rb .way::before{content:"\\2192  "}
.rb.rb figure{margin:.5em 0}.rb.rb figcaption{color:var(--muted);font-weight:600;font-size:13px}
.rb.rb .setup{display:block;width:100%;min-width:40rem;max-width:64rem;height:auto;
font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.rb.rb .setup rect{stroke:currentColor;stroke-width:1.4}.rb.rb .setup g>.kind{font-size:12px}.rb.rb .setup g>.named{font-weight:600}
.rb.rb .setup g>.stands{font-weight:600}.rb.rb .setup text{fill:var(--fg)}.rb.rb .setup g>.stands{fill:currentColor}
.rb.rb .setup .plain rect{fill:var(--panel)}.rb.rb .setup path{stroke:var(--muted);fill:none;stroke-width:1.4}
.rb.rb .setup marker path{fill:var(--muted);stroke:none}.rb.rb .setup .arrow text{text-anchor:middle;font-size:12px;paint-order:stroke;
stroke:var(--bg);stroke-width:5px;stroke-linejoin:round}
.rb.rb ins,.rb.rb del,.rb.rb i{display:block;text-decoration:none;font-style:normal;padding:0 .3em}
.rb.rb .changes td:first-child{color:var(--muted)}.rb.rb .changes td:last-child{min-width:13em}
.rb.rb .receipt td:nth-child(5):not(:empty){min-width:15em}
"""


def _variables(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


def _tones() -> str:
    tones = ("good", "change", "bad", "owed", "open", "quiet")
    rule = ".rb.rb .{0},.rb.rb .counts b.{0}{{color:var(--{0});background:var(--{0}-bg)}}\n"
    drawn = ".rb.rb .setup .{0}{{color:var(--{0})}}.rb.rb .setup .{0} rect{{fill:var(--{0}-bg)}}\n"
    return "".join(rule.format(tone) + drawn.format(tone) for tone in tones) + (
        ".rb.rb ins{color:var(--good);background:var(--good-bg)}.rb.rb del{color:var(--bad);background:var(--bad-bg)}\n"
        ".rb.rb i{color:var(--change);background:var(--change-bg)}\n"
    )


def stylesheet() -> str:
    """Write the stylesheet of a view."""
    return f"{_themed('.rb')}{_IN_JUPYTER}{_RULES}{_tones()}"


def _themed(name: str) -> str:
    """Give a class the colours; a notebook's own theme wins over the reader's system."""
    light, dark = _variables(LIGHT), _variables(DARK)
    return (
        f"{name}{{{light}color-scheme:light}}\n"
        f"@media (prefers-color-scheme:dark){{{name}{{{dark}color-scheme:dark}}}}\n"
        f"[data-jp-theme-light=true] {name}{{{light}color-scheme:light}}\n"
        f"[data-jp-theme-light=false] {name}{{{dark}color-scheme:dark}}"
    )


_FORM_RULES = """
.rb-form{max-width:60rem;color:var(--fg)}.rb-form .widget-html{height:auto;overflow:visible}
.rb-form .widget-html-content{line-height:1.4;height:auto}
.rb-form h4{margin:1em 0 .3em;font:600 14px/1.3 system-ui,sans-serif;color:var(--fg)}
.rb-form .slot{padding:0 0 1em 176px;min-height:3.8em;font-size:12px;color:var(--muted)}.rb-form .slot a{color:var(--link)}
.rb-form .entry .slot{padding-left:7em;min-height:2.4em}.rb-form .foot{padding-left:176px}
.rb-form .bad{color:var(--bad)}.rb-form .inner{border-left:3px solid var(--line);padding-left:.8em;margin-bottom:.8em}
.rb-form.rb-form .widget-dropdown>select{appearance:auto;background-image:none}
.rb-form .widget-label{color:var(--fg)}.rb-form p{margin:.4em 0}
.rb-form pre{font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;color:var(--fg);
background:var(--panel);padding:.5em .7em;border-radius:4px;max-height:24em;overflow-y:auto}
.rb-form pre>*{display:block;text-decoration:none}.rb-form ins{color:var(--good);background:var(--good-bg)}
.rb-form del{color:var(--bad);background:var(--bad-bg)}.rb-form [hidden]{display:none}
.rb-form hr{border:0;border-top:1px dashed var(--line)}
.rb-form :focus-visible{outline:2px solid var(--link);outline-offset:1px}
@media (max-width:40rem){.rb-form .slot,.rb-form .foot{padding-left:0}}
"""


def form_stylesheet() -> str:
    """Write the stylesheet of a form; JupyterLab's own variables draw its controls."""
    return f"{_themed('.rb-form')}{_FORM_RULES}"


_PAGE_RULES = """
body.rb{margin:0;padding:0;font-size:15px;border-radius:0}
.rb.rb main{max-width:74rem;margin:0 auto;padding:1.2rem 1.4rem 4rem}
.rb.rb h1{font-size:1.7em;line-height:1.25;margin:.2em 0 .5em}
.rb.rb main h2{font-size:1.25em;margin:1.8em 0 .5em;padding-top:.8em;border-top:1px solid var(--line)}
.rb.rb nav{position:sticky;top:0;background:var(--panel);border-bottom:1px solid var(--line);padding:.5rem 1.4rem;z-index:1;
display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}
.rb.rb main nav{margin:1rem 0;border:1px solid var(--line);border-radius:6px}
.rb.rb header .note{font-size:1.1em;font-weight:600}
.rb.rb section,.rb.rb header{overflow-x:auto}.rb.rb td a{display:inline-block;min-height:24px;min-width:24px}
.rb.rb section table{width:100%}.rb.rb section table.facts{width:auto}
.rb.rb :target{scroll-margin-top:6rem}
@media (max-width:48em){.rb.rb main nav{position:static}}
.rb.rb details{margin:.35em 0}.rb.rb details>table,.rb.rb details>ul,.rb.rb details>p{margin-left:1rem}
.rb.rb figure{margin:1.2em 0}.rb.rb figcaption{color:var(--muted);font-size:13px}
.rb.rb .timeline{display:block;width:100%;min-width:44rem;max-width:66rem;height:auto;font:11px system-ui,sans-serif}
.rb.rb .timeline text{fill:var(--fg)}.rb.rb .timeline .v{fill:var(--muted)}.rb.rb .timeline .mid{text-anchor:middle}
.rb.rb .timeline .axis{stroke:var(--line)}.rb.rb .timeline .ta{fill:var(--good)}.rb.rb .timeline .tf{fill:var(--bad)}
.rb.rb .timeline .to{fill:var(--owed)}
.rb.rb .timeline .bd{fill:var(--link);fill-opacity:.45}
.rb.rb .timeline .bw{fill:var(--link)}.rb.rb .timeline .bf{fill:var(--bad)}.rb.rb .timeline .bi{fill:var(--muted)}
@media print{.rb.rb nav{display:none}.rb.rb main{max-width:none;padding:0}.rb.rb ::details-content{content-visibility:visible;display:block}
.rb.rb .scroll{overflow:visible;background:none}.rb.rb .timeline{min-width:0}.rb.rb pre{max-height:none}
.rb.rb tr,.rb.rb figure{break-inside:avoid}.rb.rb h2,.rb.rb h3,.rb.rb caption,.rb.rb summary{break-after:avoid}
.rb.rb b,.rb.rb .note,.rb.rb rect{print-color-adjust:exact}}
"""
CODE_COLOURS = """
.notebook .words{max-width:52rem}
.notebook .words table{width:auto}
.notebook .source{background:var(--panel);border-left:3px solid var(--line);border-radius:4px;margin:.6em 0;overflow-x:auto}
.notebook .source:focus-visible{outline:2px solid var(--link)}
.notebook .source pre{background:transparent;max-height:none}
.notebook .output{margin:.4em 0 1.2em;overflow-x:auto}.notebook .output .rb{padding:.2em 0;background:transparent}
.highlight .c1,.highlight .c{color:var(--muted)}
.highlight .k,.highlight .kn,.highlight .kc,.highlight .kd,.highlight .ow{color:var(--owed)}
.highlight .s1,.highlight .s2,.highlight .sd,.highlight .sa{color:var(--good)}
.highlight .mi,.highlight .mf{color:var(--open)}
"""
"""Colours of code, from the same tones; `highlight` is pygments' class."""


def page_stylesheet() -> str:
    """Write what a whole page needs beside the views' own stylesheet; on paper it is light."""
    return f"@media print{{.rb{{{_variables(LIGHT)}color-scheme:light}}}}\n{_PAGE_RULES}"

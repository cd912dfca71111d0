"""What lies outside AWS and the databases: files that an operator exports, and the date."""

from __future__ import annotations

from typing import ClassVar

from runbook_lib.model import Question


class ExportedSettingsAsked(Question):
    """Ask for the text of a file, relative to the parameter file; answered with a str, or None when there is no such file."""

    kind: ClassVar[str] = "ask_exported_settings"
    is_private: ClassVar[bool] = True
    path: str


class TodayAsked(Question):
    """Ask for the date in UTC; answered with a str such as 2026-01-31."""

    kind: ClassVar[str] = "ask_today"

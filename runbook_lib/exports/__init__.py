"""Write what a stage would do as files for someone else to apply, without asking anything of a network."""

from runbook_lib.exports.render import offline, render

__all__ = ["offline", "render"]

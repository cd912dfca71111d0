"""Compare two environments by what their parameter files come to, offline: parameters, resources, and what their principals may."""

from runbook_lib.fleet.twins.comparing import compared

__all__ = ["compared"]

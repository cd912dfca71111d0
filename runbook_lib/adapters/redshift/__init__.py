"""Reach both databases through sqlalchemy-redshift; SQLAlchemy is loaded with the first connection."""

from runbook_lib.adapters.redshift.target import WarehouseTarget, connect

__all__ = ["WarehouseTarget", "connect"]

"""Tests of what adapters do without a service."""

"""Tell whether requests go where the parameter file says, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

VARIABLE = "AWS_ENDPOINT_URL"
_OWN = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn")


def foreign_endpoints(endpoint: str, environ: Mapping[str, str], configured: Mapping[str, str]) -> tuple[str, ...]:
    """List the settings that would send requests elsewhere than to `endpoint`, which is empty for AWS's own.

    `configured` maps a setting of the shared configuration to its URL. The URLs themselves are not told.
    """
    variables = {name: value for name, value in environ.items() if name == VARIABLE or name.startswith(f"{VARIABLE}_")}
    settings = {**variables, **configured}
    return tuple(sorted(name for name, url in settings.items() if url and not is_same(url, endpoint)))


def configured_endpoints(scoped: Mapping[str, Any], full: Mapping[str, Any]) -> dict[str, str]:
    """Collect the endpoint settings of a profile in the shared configuration, its `services` section included."""
    found = {"endpoint_url of the profile": str(scoped.get("endpoint_url", ""))}
    services = full.get("services", {}).get(scoped.get("services", ""), {})
    for service, settings in services.items():
        if isinstance(settings, Mapping):
            found[f"endpoint_url of service {service}"] = str(settings.get("endpoint_url", ""))
    return {name: url for name, url in found.items() if url}


def is_same(one: str, other: str) -> bool:
    """Tell whether two URLs name one endpoint."""
    return one.rstrip("/").lower() == other.rstrip("/").lower()


def is_loopback(url: str) -> bool:
    """Tell whether a URL names this machine, so that no proxy stands between."""
    return (urlsplit(url).hostname or "") in {"127.0.0.1", "localhost", "::1"}


def is_own(url: str) -> bool:
    """Tell whether a URL is one of AWS's own endpoints."""
    parts = urlsplit(url)
    return parts.scheme == "https" and (parts.hostname or "").endswith(_OWN)

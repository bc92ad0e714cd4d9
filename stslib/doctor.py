"""Is everything there? Versions, device, weights, profile, data."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata

from stslib import data, models
from stslib.errors import StsError
from stslib.profiles import BUNDLED, profile
from stslib.weights import SHA256, bundled_weights

PACKAGES = (
    "torch",
    "transformers",
    "sentence-transformers",
    "datasets",
    "scikit-learn",
    "numpy",
    "pandas",
    "matplotlib",
    BUNDLED,
)


@dataclass(frozen=True)
class Finding:
    """One line of the report; `missing` says what to do, and is empty where all is well."""

    what: str
    found: str
    missing: str = ""


def version_of(package: str) -> str:
    """Return the installed version of a package, or "" where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def examine() -> list[Finding]:
    """Return what was found, one finding a line of the report. Opens no connection."""
    findings = [Finding("stslib-course", version_of("stslib-course")), Finding("python", platform.python_version())]
    for package in PACKAGES:
        version = version_of(package)
        findings.append(Finding(package, version or "not installed", "" if version else f"pip install {package}"))
    findings += [
        _try("device", models.device),
        _try("profile", lambda: profile().name),
        _try("weights", lambda: f"{BUNDLED}, SHA-256 {SHA256[:12]}… as published" if bundled_weights() else ""),
        _try(
            "course data", lambda: f"{sum(len(data.load_pairs('course', s)) for s in ('train', 'dev', 'test'))} pairs"
        ),
    ]
    return findings


def _try(what: str, find) -> Finding:
    try:
        return Finding(what, find())
    except StsError as error:
        return Finding(what, "not usable", str(error))
    except ImportError as error:
        return Finding(what, "not usable", f"pip install {error.name}")

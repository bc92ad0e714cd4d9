"""Is everything there? Versions, device, weights, profile, data."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata

from stslib import data, models
from stslib.errors import StsError
from stslib.profiles import BUNDLED, profile
from stslib.weights import SHA256, bundled_weights

OURS = "stslib-course"


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
    findings = [
        Finding(OURS, version_of(OURS) or "not installed", "" if version_of(OURS) else "pip install -e . in a clone"),
        Finding("python", platform.python_version()),
        *_packages(),
        _try("device", models.device),
        _try("profile", lambda: profile().name),
        _try("weights", lambda: f"{BUNDLED}, SHA-256 {SHA256[:12]}… as published" if bundled_weights() else ""),
        *_from_the_hub(),
        _try(
            "course data", lambda: f"{sum(len(data.load_pairs('course', s)) for s in ('train', 'dev', 'test'))} pairs"
        ),
    ]
    return findings


def _packages() -> list[Finding]:
    """Return a finding for every package that ours requires, by the ranges that it declares."""
    from packaging.requirements import Requirement

    findings = []
    for wanted in map(Requirement, metadata.requires(OURS) or [] if version_of(OURS) else []):
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        version = version_of(wanted.name)
        fits = bool(version) and wanted.specifier.contains(version, prereleases=True)
        remedy = "" if fits else f'pip install "{wanted.name}{wanted.specifier}"'
        findings.append(Finding(wanted.name, version or "not installed", remedy))
    return findings


def _from_the_hub() -> list[Finding]:
    """Return a finding for every model of the active profile that comes from the Hub."""
    try:
        active = profile()
    except StsError:  # reported already
        return []
    findings = []
    for name, encoder in ((active.bert, False), (active.encoder, True)):
        if name != BUNDLED:
            here = models.is_here(name, encoder=encoder)
            remedy = "" if here else "it comes with the first use, which needs a connection to the Hub"
            findings.append(Finding(name, "in the cache" if here else "not in the cache", remedy))
    return findings


def _try(what: str, find) -> Finding:
    try:
        return Finding(what, find())
    except StsError as error:
        return Finding(what, "not usable", str(error))
    except ImportError as error:
        return Finding(what, "not usable", f"pip install {error.name}")

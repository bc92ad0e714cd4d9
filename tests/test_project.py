"""What a stranger meets: the README's claims and commands, the lock, an installed package."""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.version import Version

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COLAB = {
    "torch": "2.11.0", "transformers": "5.15.0", "sentence-transformers": "5.7.0", "datasets": "4.0.0",
    "huggingface-hub": "1.27.0", "scikit-learn": "1.6.1", "scipy": "1.16.3", "numpy": "2.1.3", "pandas": "2.2.3",
    "matplotlib": "3.10.0", "pyarrow": "18.1.0",
}  # fmt: skip


def tracked_texts():
    """Yield name and text of every file that belongs to the project."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listing.stdout.splitlines():
        if (ROOT / name).is_file() and (ROOT / name).suffix != ".png":
            yield name, (ROOT / name).read_text(encoding="utf-8")


def readme():
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_nobody_is_told_to_install_the_other_stslib():
    for name, text in tracked_texts():
        if name != "tests/test_project.py":
            assert not re.search(r"pip3? install[^\n`]*\bstslib(?!-course)\b", text), name


def test_colab_s_packages_satisfy_the_ranges():
    for requirement in map(Requirement, PROJECT["dependencies"]):
        if requirement.name in COLAB:
            assert requirement.specifier.contains(COLAB[requirement.name]), requirement
    assert set(COLAB) <= {Requirement(line).name for line in PROJECT["dependencies"]}
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains("3.13.15")


def locked():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line.split("  # ")[0]) for line in lines if line.strip() and not line.startswith("#")]


def test_the_lock_is_complete_exact_and_free_of_cuda():
    names = {requirement.name for requirement in locked()}
    extras = PROJECT["optional-dependencies"]
    assert {Requirement(line).name for line in [*PROJECT["dependencies"], *extras["lab"], *extras["dev"]]} <= names
    assert all(len(r.specifier) == 1 and str(r.specifier).startswith("==") for r in locked())
    assert not any(name.startswith(("nvidia", "cuda", "triton")) for name in names)
    for system in ("darwin", "win32"):  # packages that only the other systems need
        assert any(r.marker and f'sys_platform == "{system}"' in str(r.marker) for r in locked())


def test_the_lock_satisfies_the_ranges():
    pinned = {r.name: str(r.specifier).removeprefix("==") for r in locked() if not r.marker or r.marker.evaluate()}
    for requirement in map(Requirement, PROJECT["dependencies"]):
        assert requirement.specifier.contains(Version(pinned[requirement.name])), requirement


def test_links_and_pictures_of_the_readme_exist():
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme())
    assert any(target.endswith(".png") for target in targets)
    for target in targets:
        assert (ROOT / target).exists(), target


def test_every_lesson_is_in_the_readme():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"notebooks/{path.name}" in readme()


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
def test_make_targets_of_the_readme_exist():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"`?make ([a-z-]+)`?", readme()))
    assert {"lab", "test", "help"} <= named
    for target in named:
        assert re.search(rf"^  make {target}\s", listed, flags=re.M), target


@pytest.mark.parametrize("block", re.findall(r"```python\n(.+?)```", readme(), flags=re.S))
def test_python_examples_of_the_readme_run(python, block):
    result = python(block)
    assert result.returncode == 0, result.stderr


def test_shell_example_of_the_readme_runs(tmp_path):
    """The lines that call `stslib`, in an empty folder; what they print stands below them as comments."""
    (block,) = (b for b in re.findall(r"```sh\n(.+?)```", readme(), flags=re.S) if "stslib label" in b)
    shutil.copy(ROOT / "data" / "seeds" / "question.csv", tmp_path / "pairs.csv")
    shutil.copy(ROOT / "data" / "seeds" / "clustering.csv", tmp_path / "texts.csv")
    env = {**os.environ, "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])}
    for line in block.splitlines():
        if line.startswith("stslib "):
            command = line.split("  #")[0] + (" --epochs 1" if " train " in line else "")  # for the time it takes
            subprocess.run(command, shell=True, cwd=tmp_path, env=env, check=True, capture_output=True, timeout=900)


def test_an_installed_package_needs_no_clone(tmp_path):
    """What the Colab cell does: build and install the package, then use it from an empty folder."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    site = tmp_path / "site"
    build = subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--target", site, ROOT], capture_output=True, text=True, check=False
    )
    assert build.returncode == 0, build.stderr
    (tmp_path / "empty").mkdir()
    code = (
        "import stslib, stslib.data; print(stslib.__file__); "
        "print(len(stslib.load_pairs('course', 'dev')), stslib.similarity('a cat', 'a cat') > 0.99, "
        "stslib.Threshold.load().value > 0, len(stslib.load_benchmark('losses')['test']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "empty", env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert result.stdout.splitlines() == [str(site / "stslib" / "__init__.py"), "400 True True 9"]


@pytest.mark.skipif(os.name == "nt", reason="ends the server by its process group")
@pytest.mark.skipif(not shutil.which("make") or not (ROOT / ".venv/.ready").exists(), reason="not set up by make")
def test_make_lab_serves_the_first_lesson_to_those_with_the_token(tmp_path):
    start = time.perf_counter()
    env = {**os.environ, "LAB_FLAGS": "--no-browser --port=18917 --ServerApp.token=letmein --allow-root"}
    server = subprocess.Popen(
        ["make", "lab"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    page = "http://localhost:18917/api/contents/00_quickstart.ipynb?content=0"

    def status(url):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    try:
        while status(page) is None and time.perf_counter() - start < 60:
            time.sleep(0.3)
        assert status(page) == 403
        assert status(f"{page}&token=letmein") == 200
        assert time.perf_counter() - start < 30
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=20)

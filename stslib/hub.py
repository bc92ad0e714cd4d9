"""Files from the Hugging Face Hub: from the local cache first, and never a long wait.

Left alone, the libraries retry an unreachable Hub for minutes, even for files that
are in the cache. Here the cache is asked first, and the network once, with a deadline.
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from stslib.errors import StsError

ANSWER_SECONDS = 8  # for the Hub's first answer; name resolution comes on top, hence the deadline
DEADLINE_SECONDS = 11
WAY_ON = "Go on offline with the profile 'course', or try again with a connection."


def fetch(repo_id: str, needed: Sequence[str], *, kind: str = "model", extra: Sequence[str] = ()) -> Path:
    """Return a local folder with files of a Hub repository, downloading what is not cached.

    Args:
        repo_id: such as ``"google-bert/bert-base-uncased"``.
        needed: glob patterns; each must match a file for the folder to be complete.
        kind: ``"model"`` or ``"dataset"``.
        extra: patterns of files that are taken along where they exist.

    Raises:
        StsError: not cached, and the Hub can't be reached (known within
            `DEADLINE_SECONDS`) or does not have it.
    """
    from huggingface_hub import constants, snapshot_download

    patterns = [*needed, *extra]
    if there := cached(repo_id, needed, kind=kind, extra=extra):
        return there
    if constants.HF_HUB_OFFLINE:
        raise StsError(f"{repo_id} is not in the local cache, and HF_HUB_OFFLINE forbids fetching it. {WAY_ON}")
    _ask_hub(repo_id, kind)
    try:
        folder = Path(snapshot_download(repo_id, repo_type=kind, allow_patterns=patterns))
    except Exception as error:  # below huggingface_hub are libraries whose errors have no common parent
        raise StsError(f"The download of {repo_id} broke off ({type(error).__name__}). {WAY_ON}") from error
    if not _complete(folder, needed):
        raise StsError(f"{repo_id} on the Hub lacks a file that is needed here ({', '.join(needed)}).")
    return folder


def cached(repo_id: str, needed: Sequence[str], *, kind: str = "model", extra: Sequence[str] = ()) -> Path | None:
    """Return the local folder with files of a Hub repository if all that is needed is there; opens no connection.

    For the arguments see `fetch`.
    """
    from huggingface_hub import snapshot_download

    try:
        folder = Path(
            snapshot_download(repo_id, repo_type=kind, allow_patterns=[*needed, *extra], local_files_only=True)
        )
    except OSError:  # every way of "not in the cache"
        return None
    return folder if _complete(folder, needed) else None


def _complete(folder: Path, needed: Sequence[str]) -> bool:
    return all(any(folder.glob(pattern)) for pattern in needed)


def _ask_hub(repo_id: str, kind: str) -> None:
    """Ask the Hub about a repository, once; raise within the deadline unless it answers well."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    failures: list[Exception] = []

    def ask() -> None:
        try:
            HfApi().repo_info(repo_id, repo_type=kind, timeout=ANSWER_SECONDS)
        except Exception as error:  # handed over to the waiting thread
            failures.append(error)

    # A thread, because neither name resolution nor a proxy's silence obeys a socket time-out.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(DEADLINE_SECONDS)
    host = os.environ.get("HF_ENDPOINT", "huggingface.co")
    if thread.is_alive():
        raise StsError(f"The Hugging Face Hub ({host}) did not answer in {DEADLINE_SECONDS} s. {WAY_ON}")
    if failures and isinstance(failures[0], RepositoryNotFoundError):
        raise StsError(f"The Hub has no {kind} {repo_id!r}, or it asks for a login.") from failures[0]
    if failures:
        raise StsError(
            f"The Hugging Face Hub ({host}) can't be reached ({type(failures[0]).__name__}). {WAY_ON}"
        ) from failures[0]

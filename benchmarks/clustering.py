"""Which clustering still works for 100,000 sentences? Time and memory by number of sentences.

    python -m benchmarks.clustering    # writes benchmarks/clustering.json, about eight minutes on two cores

The sentences are made: the vector of a question of the course, chosen at random, plus noise
that leaves a cosine of 0.8 with it, so that there are as many as we like, with the structure
of real ones. Every measurement has a process of its own, and its peak of memory is what Linux
says in /proc. Lesson 07 shows the result.
"""

from __future__ import annotations

import json
import multiprocessing
import platform
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import stslib
from stslib.cluster import agglomerate, communities
from stslib.doctor import version_of

RESULT = Path(__file__).with_suffix(".json")
SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
COSINE = 0.8
K = 60
LIMITS = {"average linkage": 20_000}  # at 50,000 it would take about 20 GB


def k_means(vectors: NDArray, k: int = K) -> NDArray:
    """One start of k-means."""
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=1, random_state=stslib.SEED).fit_predict(vectors)


def mini_batches(vectors: NDArray) -> NDArray:
    """k-means that looks at a few thousand vectors at a time."""
    from sklearn.cluster import MiniBatchKMeans

    return MiniBatchKMeans(K, n_init=1, batch_size=4096, random_state=stslib.SEED).fit_predict(vectors)


METHODS: dict[str, Callable[[NDArray], NDArray]] = {
    "k-means, k = 60": k_means,
    "k-means, k = 60, mini-batches": mini_batches,
    "k-means, k = 900": lambda vectors: k_means(vectors, 900),
    "average linkage": lambda vectors: agglomerate(vectors, 0.4),
    "communities": lambda vectors: communities(vectors, 0.6),
}


def made(vectors: NDArray, n: int) -> NDArray:
    """Return n vectors of length 1, each near one of those given."""
    rng = np.random.default_rng(stslib.SEED)
    base = vectors[rng.integers(0, len(vectors), n)]
    noise = rng.normal(size=base.shape).astype(np.float32)
    noise -= (noise * base).sum(axis=1, keepdims=True) * base
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return (COSINE * base + np.sqrt(1 - COSINE**2) * noise).astype(np.float32)


def memory(what: str) -> float:
    """Return the memory of this process in GB: VmRSS, what it has now, or VmHWM, the most it had."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (found,) = re.findall(rf"{what}:\s+(\d+) kB", status)
    return int(found) * 1024 / 1e9  # what is called kB there is KiB


def measure(method: str, vectors: NDArray, n: int, answer: Any) -> None:
    """Send seconds, the growth of the peak of memory in GB, and the number of clusters."""
    METHODS[method](made(vectors, 1000))  # imports and first calls do not count
    data = made(vectors, n)
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # forget the peak so far
    before = memory("VmRSS")
    start = time.perf_counter()
    labels = METHODS[method](data)
    seconds = time.perf_counter() - start
    gigabytes = memory("VmHWM") - before
    answer.put(
        {
            "method": method,
            "n": n,
            "seconds": round(seconds, 3),
            "gigabytes": round(gigabytes, 3),
            "clusters": len(np.unique(labels)),
        }
    )


def main() -> None:
    """Measure every method at every size, and write the result."""
    questions = stslib.load_questions()["question"].tolist()
    vectors = stslib.load_encoder().encode(questions, normalize_embeddings=True)
    context = multiprocessing.get_context("spawn")
    runs = []
    for method in METHODS:
        for n in SIZES:
            if n > LIMITS.get(method, n):
                continue
            answer = context.Queue()
            process = context.Process(target=measure, args=(method, vectors, n, answer))
            process.start()
            runs.append(answer.get(timeout=1800))
            process.join()
            print(runs[-1], flush=True)
    versions = {name: version_of(name) for name in ("torch", "scikit-learn", "sentence-transformers")}
    report = {"python": platform.python_version(), "device": stslib.device(), **versions, "runs": runs}
    RESULT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

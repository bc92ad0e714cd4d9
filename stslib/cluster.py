"""Groups of sentences that mean much the same."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stslib.baselines import words
from stslib.encoding import encode
from stslib.errors import StsError
from stslib.models import load_encoder
from stslib.randomness import SEED
from stslib.tables import CHUNK_ROWS, check_output, check_rows, is_sentence, open_table, whole_file

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Labels = NDArray[np.int64]

RESULTS = {"cluster": int}  # the column that a table of sentences gets
LARGE = 20_000  # agglomerative clustering keeps all distances: 3.1 GB and half a minute here, growing with n²
STARTS = 10  # of k-means; the best one counts
SAMPLE = 2_000  # sentences that the silhouette is measured on
MOST = 100  # the largest number of clusters that is tried when none is given


@dataclass(frozen=True)
class Group:
    """One cluster.

    Attributes:
        label: its number: 0 for the largest.
        size: how many rows it has.
        central: the sentence nearest to the mean of its vectors.
        terms: the words that tell it from the others, most telling first.
    """

    label: int
    size: int
    central: str
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Clustering:
    """The result for a list of sentences.

    Attributes:
        labels: the number of each sentence's cluster, shape (n,).
        groups: the clusters, group i with label i, largest first.
        method: in words.
    """

    labels: Labels
    groups: list[Group]
    method: str


def kmeans(vectors: ArrayLike, k: int, *, seed: int = SEED) -> Labels:
    """Return the number of each vector's cluster by k-means, shape (n,).

    Vectors of length 1 are expected: then the squared distance of two is 2 − 2 · cosine
    (Arthur & Vassilvitskii 2007 for the start, k-means++). Of ten starts the best counts;
    above `LARGE` vectors there is one. Fewer clusters come out where vectors are equal.

    Args:
        vectors: shape (n, width).
        k: how many clusters.
        seed: of the starting points.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    data = np.asarray(vectors)
    starts = STARTS if len(data) <= LARGE else 1
    with warnings.catch_warnings():  # about equal vectors
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(k, n_init=starts, random_state=seed).fit_predict(data).astype(np.int64)


def agglomerate(vectors: ArrayLike, threshold: float) -> Labels:
    """Return clusters whose members have a mean cosine of at least `threshold`, shape (n,).

    Average linkage: the two clusters that are most alike are joined, until no two have a
    mean cosine of `threshold` or more. Memory grows with the square of n.
    """
    from sklearn.cluster import AgglomerativeClustering

    joined = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=1 - threshold)
    return joined.fit_predict(np.asarray(vectors)).astype(np.int64)


def communities(vectors: ArrayLike, threshold: float) -> Labels:
    """Return clusters around sentences with many neighbours of cosine `threshold` or more, shape (n,).

    `sentence_transformers.util.community_detection`: the largest neighbourhoods first, none
    overlapping; what is left over is a cluster of its own. Memory grows with n and the
    number of neighbours.
    """
    import torch
    from sentence_transformers.util import community_detection

    data = np.asarray(vectors, dtype=np.float32)
    labels = np.full(len(data), -1, dtype=np.int64)
    found = community_detection(torch.from_numpy(data), threshold=threshold, min_community_size=2)
    for number, members in enumerate(found):
        labels[members] = number
    alone = labels < 0
    labels[alone] = len(found) + np.arange(alone.sum())
    return labels


def silhouettes(vectors: ArrayLike, ks: Iterable[int], *, seed: int = SEED) -> dict[int, float]:
    """Return how clearly k-means with each k separates its clusters: the mean silhouette, from -1 to 1.

    For each vector: how much nearer it is to its own cluster than to the next one
    (Rousseeuw 1987), by cosine, on at most `SAMPLE` vectors.
    """
    from sklearn.metrics import silhouette_score

    data = np.asarray(vectors)
    if len(data) > SAMPLE:
        data = data[np.random.default_rng(seed).choice(len(data), SAMPLE, replace=False)]
    found = {k: kmeans(data, k, seed=seed) for k in ks if 2 <= k < len(data)}
    return {
        k: float(silhouette_score(data, labels, metric="cosine"))
        for k, labels in found.items()
        if 2 <= len(np.unique(labels)) < len(data)
    }


def distinctive_terms(texts: Sequence[str], labels: ArrayLike, count: int = 3) -> dict[int, tuple[str, ...]]:
    """Return for each cluster the words that tell it from the others, most telling first.

    The weight of a word is its number in the cluster, times ln(1 + words a cluster / number
    in all) (c-TF-IDF; Grootendorst 2022, arXiv:2203.05794). English function words are left out.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    numbers = np.asarray(labels).tolist()
    inside: dict[int, Counter[str]] = {number: Counter() for number in numbers}
    for text, number in zip(texts, numbers, strict=True):
        inside[number].update(word for word in words(text) if word not in ENGLISH_STOP_WORDS)
    total: Counter[str] = Counter()
    for counts in inside.values():
        total.update(counts)
    mean = total.total() / max(1, len(inside))
    return {
        number: tuple(sorted(counts, key=lambda word: (-counts[word] * np.log1p(mean / total[word]), word))[:count])
        for number, counts in inside.items()
    }


def central(vectors: ArrayLike, labels: ArrayLike) -> dict[int, int]:
    """Return for each cluster the place of the vector nearest to the mean of its vectors."""
    data, numbers = np.asarray(vectors), np.asarray(labels)
    order = np.argsort(numbers, kind="stable")
    found = {}
    for members in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
        nearest = members[(data[members] @ data[members].mean(axis=0)).argmax()]
        found[int(numbers[nearest])] = int(nearest)
    return found


def cluster_texts(
    texts: Sequence[str],
    k: int | None = None,
    *,
    threshold: float | None = None,
    encoder: SentenceTransformer | None = None,
    seed: int = SEED,
    progress: bool = False,
) -> Clustering:
    """Sort sentences into clusters.

    The result does not depend on their order. Each different sentence counts once, however
    often it occurs.

    Args:
        texts: n sentences.
        k: how many clusters, by k-means.
        threshold: instead of k, the cosine from which sentences belong together: by
            agglomerative clustering, from `LARGE` different sentences on by communities.
            With neither, the k with the best silhouette is taken.
        encoder: default: that of the active profile.
        seed: of k-means.
        progress: show a bar.

    Raises:
        StsError: k and threshold both given, or not possible; fewer than two different sentences.
    """
    if k is not None and threshold is not None:
        raise StsError("Give a number of clusters or a threshold, not both.")
    if threshold is not None and not 0 < threshold < 1:
        raise StsError(f"The threshold {threshold:g} is not a cosine between 0 and 1.")
    different = sorted(set(texts))
    if len(different) < 2:
        raise StsError(f"Clustering needs at least two different sentences, not {len(different)}.")
    if k is not None and not 1 <= k <= len(different):
        raise StsError(f"{k} clusters cannot be made of {len(different)} different sentences.")
    encoder = encoder or load_encoder()
    vectors = encode(encoder, different, progress=progress)
    found, method = _split(vectors, k, threshold, seed)
    place = {text: i for i, text in enumerate(different)}
    groups, number_of = _numbered(different, vectors, found, Counter(texts))
    return Clustering(np.array([number_of[found[place[text]]] for text in texts]), groups, method)


def cluster_file(
    source: str | Path,
    out: str | Path,
    column: str | None = None,
    *,
    k: int | None = None,
    threshold: float | None = None,
    encoder: SentenceTransformer | None = None,
    skip_invalid: bool = False,
    force: bool = False,
    seed: int = SEED,
    progress: bool = False,
) -> Clustering:
    """Write the table of `source` to `out` with one more column, ``cluster``.

    The output appears whole or not at all. All sentences are held in memory.

    Args:
        source: .csv, .tsv, .jsonl or .parquet, UTF-8.
        out: the same kind of file.
        column: of the sentences; guessed where exactly one column holds text.
        k, threshold, encoder, seed, progress: see `cluster_texts`.
        skip_invalid: keep a row with an empty sentence, with an empty cluster.
        force: replace an existing output.

    Returns:
        The clustering of the rows that have a sentence.

    Raises:
        StsError: anything wrong with input or output; nothing was written then.
    """
    source, out = Path(source), Path(out)
    table = open_table(source, RESULTS)
    check_output(source, out, force=force)
    columns = table.choose_columns(1, column if column is None else [column])
    check_rows(table, columns, skip_invalid=skip_invalid)
    cells = [text for chunk in table.chunks(columns, CHUNK_ROWS) for (text,) in chunk.texts]
    result = cluster_texts(
        [str(text) for text in cells if is_sentence(text)],
        k,
        threshold=threshold,
        encoder=encoder,
        seed=seed,
        progress=progress,
    )
    labels = iter(result.labels.tolist())
    with whole_file(out) as unfinished, table.writer(unfinished) as write:
        for chunk in table.chunks(columns, CHUNK_ROWS):
            write(chunk, [next(labels) if is_sentence(text) else None for (text,) in chunk.texts])
    return result


def _split(vectors: NDArray[np.float32], k: int | None, threshold: float | None, seed: int) -> tuple[list[int], str]:
    """Return the cluster of each vector, not yet in a meaningful order, and the method in words."""
    if threshold is not None:
        if len(vectors) <= LARGE:
            return agglomerate(vectors, threshold).tolist(), f"average linkage, mean cosine {threshold:g} and up"
        return communities(vectors, threshold).tolist(), f"communities, cosine {threshold:g} and up"
    how = ""
    if k is None:
        most = min(len(vectors) - 1, MOST)
        quality = silhouettes(vectors, sorted({round(x) for x in np.geomspace(2, most, 12)}), seed=seed)
        k = max(quality, key=lambda k: quality[k]) if quality else 2
        how = f" (best silhouette of {', '.join(map(str, quality))})" if quality else ""
    labels = kmeans(vectors, k, seed=seed)
    if len(np.unique(labels)) < k:
        how = f" ({k} were wanted, but no more sentences differ for the model)"
    return labels.tolist(), f"k-means with {len(np.unique(labels))} clusters{how}"


def _numbered(
    texts: Sequence[str], vectors: NDArray[np.float32], found: Sequence[int], counts: Counter[str]
) -> tuple[list[Group], dict[int, int]]:
    """Return the groups, largest first, and the final number of each cluster."""
    middle, terms = central(vectors, found), distinctive_terms(texts, found)
    sizes: Counter[int] = Counter()
    for text, number in zip(texts, found, strict=True):
        sizes[number] += counts[text]
    order = sorted(sizes, key=lambda number: (-sizes[number], texts[middle[number]]))
    groups = [Group(label, sizes[number], texts[middle[number]], terms[number]) for label, number in enumerate(order)]
    return groups, {number: label for label, number in enumerate(order)}

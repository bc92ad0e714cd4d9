import numpy as np

from stslib.batching import POOL, by_length, shuffled

LENGTHS = np.random.default_rng(0).integers(3, 60, 1000).tolist()


def test_by_length_is_a_partition_longest_first():
    batches = list(by_length(LENGTHS, 32))
    places = np.concatenate(batches)
    assert sorted(places) == list(range(1000)) and max(map(len, batches)) == 32
    assert (np.diff(np.array(LENGTHS)[places]) <= 0).all()


def test_shuffled_is_a_partition_that_changes_with_the_generator():
    first, again, other = (np.concatenate(list(shuffled(LENGTHS, 16, np.random.default_rng(s)))) for s in (1, 1, 2))
    assert sorted(first) == list(range(1000))
    assert (first == again).all() and not (first == other).all()


def test_shuffled_saves_padding_and_stays_mixed():
    lengths = np.array(LENGTHS)

    def padding(batches):
        return sum(len(b) * lengths[b].max() - lengths[b].sum() for b in batches)

    batches = list(shuffled(LENGTHS, 16, np.random.default_rng(1)))
    plain = np.random.default_rng(1).permutation(1000)
    assert padding(batches) < 0.5 * padding([plain[i : i + 16] for i in range(0, 1000, 16)])
    means = np.array([lengths[b].mean() for b in batches])
    assert abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.4  # no long run of long or short batches
    assert POOL > 1


def test_nothing_gives_no_batches():
    assert list(by_length([], 4)) == [] == list(shuffled([], 4, np.random.default_rng(0)))

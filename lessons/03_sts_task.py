# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 · What "similar" means, and how it is measured
#
# Before any model is trained, three things have to be clear: what it should find out, on which pairs, and how you will
# know whether it does. This lesson settles them. The first methods on our ladder need no BERT at all.

# %% [markdown]
# **You will be able to**
#
# - *read* the scale from 0 to 5, and look a data set over before you trust it;
# - *compute* Pearson's and Spearman's correlation by hand, and say why this field reports Spearman's;
# - *give* a score its 95 % interval;
# - *build* two methods that only look at words, which every model has to beat;
# - *choose* a border between label 0 and 1 on dev, and say when it will fail on test.
#
# **You need** lesson 00, and a little pandas. **Time**: about 40 minutes to read. All cells together take half a minute
# on an ordinary computer without a GPU.

# %% tags=["parameters"]
PROFILE = None  # "full": STS-B from the Hugging Face Hub; the text speaks of "course"

# %% tags=["nbval-ignore-output"]
from stslib import figures, lesson

profile = lesson.start(PROFILE)

# %%
figures.draw_course_map("03")

# %% [markdown]
# ## The task
#
# **Semantic textual similarity**, STS for short: given two sentences, say *how much* they mean the same, on a scale
# from 0 to 5. The scale comes from a series of contests (SemEval, 2012 to 2017). Out of their pairs the **STS
# benchmark**, STS-B, was put together, which papers report. Our course data uses the same scale.

# %%
import pandas as pd

from stslib import load_pairs

train, dev, test = (
    load_pairs(profile.pairs, name) for name in ("train", "dev", "test")
)
meaning = {
    5: "the same",
    4: "the same but for unimportant details",
    3: "roughly the same; something important differs",
    2: "not the same, but they share some details",
    1: "not the same, but the same topic",
    0: "on different topics",
}

# %% [markdown]
# One pair for each step of the scale, the shortest that we have:


# %%
def example(score):
    length = train["sentence1"].str.len() + train["sentence2"].str.len()
    return train.loc[((train["score"] - score).abs() * 1000 + length).idxmin()]


for score, words in meaning.items():
    pair = example(score)
    print(f"{score}  {words}\n   {pair['sentence1']}  |  {pair['sentence2']}")

# %% [markdown]
# Read 5, 4 and 3 again. Would you have said the same? Where to draw the line between "unimportant" and "important" is
# for the reader to judge, and that is why several judges are asked, and their judgements averaged.

# %% [markdown]
# ### Predict
#
# The simplest idea: sentences that share many words mean the same. How good is it? The measure that papers report today
# is Spearman's rank correlation (the contests used Pearson's; you will see why that changed): 1 if a method puts the
# pairs into the same order as the judges, 0 if its order has nothing to do with theirs. Which value will counting
# shared words (weighted, a method called TF-IDF) reach on the 400 dev pairs?

# %%
my_guess = None

# %% [markdown]
# ## Look at the data first
#
# Three parts. We learn from **train** and choose on **dev**. **Test** is for the end: each method is measured on it
# once, after all choices.

# %%
splits = {"train": train, "dev": dev, "test": test}
pd.DataFrame(
    {
        name: {
            "pairs": len(part),
            "mean score": part["score"].mean(),
            "share with score 4 and up": (part["score"] >= 4).mean(),
        }
        for name, part in splits.items()
    }
).T

# %%
import matplotlib.pyplot as plt

words = pd.concat([train["sentence1"], train["sentence2"]]).str.split().str.len()
_, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.2))
left.hist(train["score"], bins=[0, 1, 2, 3, 4, 5], color=figures.BLUE, ec="white")
left.set_xlabel("judgement")
left.set_ylabel("pairs in train")
right.hist(words, bins=range(0, words.max() + 3, 2), color=figures.GREEN, ec="white")
right.set_xlabel("words in a sentence")
right.set_ylabel("sentences in train")
left.set_title("All of the scale is there")
right.set_title("Short sentences")
plt.show()

# %% [markdown]
# On the left, each bar is one step of the scale (the last holds 4 to 5, both included). No step is rare, which is good:
# a method cannot do well by knowing only the extremes. On the right: most sentences have fewer than 15 words. What we
# measure here says nothing about paragraphs.

# %% [markdown]
# ### Do the judges agree?
#
# Each pair of the course data was rated three times. How well does one rating agree with the mean of the two others?

# %%
from stslib.metrics import spearman

ratings = load_pairs("course", "dev")[["rating_a", "rating_b", "rating_c"]]
for one in ratings:
    others = ratings.drop(columns=one).mean(axis=1)
    print(f"{one}: {spearman(ratings[one], others):.3f}")

# %% [markdown]
# Where judges disagree, no method can reach 1: part of their mean is chance. So their agreement is a guide to how much
# can be expected at all, and is often called a **ceiling** (roughly: a mean of several judges is more reliable than one
# of them, so a method may agree with the mean a little better than a single judge does).
#
# But be careful with this one. The three raters are three runs of one language model, and 0.985 says how alike *they*
# are. People agree less. It says nothing about people's judgement.

# %% [markdown]
# ### Is the data clean?
#
# Three checks that take a second, and are usually left out. **Overlap**: does a test pair share a sentence with train?
# Then a model may know a part of the test already; if the whole pair is in train, even the answer. (Only equal
# sentences are found in this way, not nearly equal ones.) **Conflicts**: was the same pair judged twice, differently?
# **Short cuts**: does something give the judgement away that needs no reading, such as the number of words?

# %%
from stslib import conflicting_duplicates, overlap

print(overlap(test, train))
print(len(conflicting_duplicates(train)), "conflicting rows")
words_of_both = (train["sentence1"] + " " + train["sentence2"]).str.split().str.len()
print(f"number of words and score: {spearman(words_of_both, train['score']):.2f}")

# %% [markdown]
# The last number is small. It was not always so. In the first version of the course data the pairs with low scores were
# short, and the last line said 0.61: a model could have looked clever by counting words. A thousand pairs were written
# anew (the data card in `data/README.md` tells more). Do not be content with one number, though: in lesson 04 you will
# see that the *difference* of the two lengths still gives a good deal away.
#
# STS-B has the other two faults. If you have it at hand, run the cell with `PROFILE = "full"`: **249 of its 1,379 test
# pairs (18 %) share a sentence with train, 12 are in train as a whole, and 15 train pairs occur twice with different
# scores.** A model trained on these train pairs may profit from that. By how much, one number does not tell: on the
# pairs that share no sentence with train or dev our encoder has two points less *before* any training on STS-B, and two
# points less after it (the README has the table), so these pairs are harder, too. Report both numbers;
# `stslib.leak_free` gives you those pairs.

# %% [markdown]
# ## The measure, by hand
#
# Five pairs, the judgements, and the scores of some method:

# %%
import numpy as np

judged = np.array([0.0, 1.0, 3.0, 4.0, 5.0])
scores = np.array([0.10, 0.20, 0.25, 0.90, 0.30])

# %% [markdown]
# **Pearson's correlation** asks: do both deviate from their means together? Take the deviations, multiply them pair by
# pair and add up; divide by the lengths of both, taken as arrows (lesson 00: the root of the sum of squares, not
# `len`). If that looks familiar: it is the cosine of lesson 00, of the deviations.

# %%
x, y = judged - judged.mean(), scores - scores.mean()
print(x, y.round(2))
pearson_by_hand = (x @ y) / np.sqrt((x @ x) * (y @ y))
print(f"{pearson_by_hand:.3f}")

# %% [markdown]
# **Spearman's** is the same, but of the **ranks**: 1 for the smallest, 2 for the next, and so on.

# %%
from stslib.metrics import pearson, ranks

print(ranks(judged), ranks(scores))
print(f"{pearson(ranks(judged), ranks(scores)):.3f}")

# %% [markdown]
# One pair of neighbours is in the wrong order (0.90 and 0.30), all the rest is right: 0.9.
#
# Why ranks? Because we do not care *on which scale* a method answers. Cubing the scores keeps their order, and is the
# same answer to us:

# %%
for name, changed in [("scores", scores), ("cubed", scores**3)]:
    print(
        f"{name:7} Pearson {pearson(judged, changed):.3f}  Spearman {spearman(judged, changed):.3f}"
    )

# %% [markdown]
# Pearson's changes, Spearman's does not. A cosine of 0.3 need not mean "30 % similar" for a method to be good; it has
# to be larger for pairs that are more alike.

# %% [markdown]
# ### Ties
#
# What if two values are equal? Then they share the mean of their ranks. Giving them different ranks, in whatever order
# they happen to stand, is a mistake that is easily made, since `argsort` does just that:

# %%
tied = np.array([0.5, 0.5, 0.9])
print("argsort:", tied.argsort().argsort() + 1, " right:", ranks(tied))

# %% [markdown]
# Our functions, from `stslib.metrics`, against the reference, SciPy, on data with many ties (the judgements of dev and
# the number of words). Silent if equal:

# %%
import scipy.stats

lengths = dev["sentence1"].str.split().str.len()
for ours, theirs in (
    (pearson, scipy.stats.pearsonr),
    (spearman, scipy.stats.spearmanr),
):
    np.testing.assert_allclose(
        ours(dev["score"], lengths), theirs(dev["score"], lengths)[0]
    )

# %% [markdown]
# ## Method 1: shared words
#
# A **baseline** is a simple method that a better one has to beat. Take the set of words of each sentence. How many
# words are in both, compared with how many there are in all?

# %%
pairs = [
    ("the cat ate the mouse", "the mouse was eaten by the cat"),
    ("the dog chased the cat", "the alligator is fat"),
    ("the king ate the cake", "the cake was ingested by the king"),
]
for first, second in pairs:
    a, b = set(first.split()), set(second.split())
    print(
        sorted(a & b), f"{len(a & b)} of {len(a | b)} = {len(a & b) / len(a | b):.2f}"
    )

# %% [markdown]
# `stslib.baselines.token_overlap` does the same, without regard to case and punctuation. (The name in the literature is
# Jaccard's index.)

# %%
from stslib.baselines import token_overlap

print(token_overlap(*zip(*pairs)).round(2))

# %% [markdown]
# The pair about the alligator is lowest: good. But *the* counts as much as *alligator*.

# %% [markdown]
# ## Method 2: rare words count more
#
# **TF-IDF** gives each word a weight: how often it occurs in the sentence (*term frequency*), times a number that is
# large for words in few sentences (*inverse document frequency*). How rare a word is, it learns from the train
# sentences. A sentence becomes a long vector of length 1, one place a word, and the score is a cosine again: multiply
# place by place, add up.

# %%
from sklearn.feature_extraction.text import TfidfVectorizer

corpus = [*train["sentence1"], *train["sentence2"]]
vectorizer = TfidfVectorizer().fit(corpus)
known = vectorizer.vocabulary_
for word in ("the", "man", "dog", "king"):
    if word in known:
        print(f"{word:5} {vectorizer.idf_[known[word]]:.1f}")

# %% [markdown]
# ### Two vectorizers
#
# Why learn the weights once, for both sides? Let us try one for the first and one for the second sentences. **The next
# cell fails**:

# %% tags=["raises-exception"]
u = TfidfVectorizer().fit_transform(dev["sentence1"])
v = TfidfVectorizer().fit_transform(dev["sentence2"])
u.multiply(v)

# %% [markdown]
# Each has its own list of words, so place 7 means one word here and another there. Here the shapes give it away; had
# both lists been of one length by chance, the numbers would have been nonsense without any error. So: one vectorizer,
# fitted on train. `stslib.baselines.tfidf_scores` keeps it that way. By hand and by the library:

# %%
from stslib.baselines import tfidf_scores

u, v = vectorizer.transform(dev["sentence1"]), vectorizer.transform(dev["sentence2"])
by_hand = np.asarray(u.multiply(v).sum(axis=1)).ravel()  # the vectors have length 1
tfidf = tfidf_scores(dev["sentence1"], dev["sentence2"], corpus)
np.testing.assert_allclose(by_hand, tfidf)
lesson.settle(my_guess, spearman(tfidf, dev["score"]))

# %% [markdown]
# That is far from nothing, for a method that has never heard of meaning. Beside it the others, and the encoder of
# lesson 00:

# %%
from stslib import pair_scores

on_dev = {
    "word overlap": token_overlap(dev["sentence1"], dev["sentence2"]),
    "TF-IDF": tfidf,
    "encoder of lesson 00": pair_scores(
        dev["sentence1"].tolist(), dev["sentence2"].tolist()
    ),
}
for name, scores in on_dev.items():
    print(f"{name:22}{spearman(scores, dev['score']):.2f}")

# %% [markdown]
# ### How sure is such a number?
#
# 400 pairs are a sample. Other 400 pairs would give another number. How different? The **bootstrap** finds out without
# new pairs: draw 400 of our own pairs *with replacement* (some come twice, some not at all), compute the measure, and
# do that a thousand times. Between which values do the middle 95 % lie?

# %%
rng = np.random.default_rng(13)
judgement = dev["score"].to_numpy()
draws = [rng.integers(0, len(dev), len(dev)) for _ in range(1000)]
values = [spearman(tfidf[draw], judgement[draw]) for draw in draws]
print(np.nanquantile(values, [0.025, 0.975]).round(3))

# %% [markdown]
# This is what `stslib.metrics.bootstrap` does. With the same seed (the number from which random numbers are made), to
# the last digit:

# %%
from stslib.metrics import bootstrap

interval = bootstrap(spearman, tfidf, judgement, seed=13)
np.testing.assert_allclose(interval, np.nanquantile(values, [0.025, 0.975]))

# %% [markdown]
# So the true value for such pairs may well be 0.48 or 0.62. Two methods whose intervals overlap may still differ: both
# were tested on the same pairs. To compare two methods, take the interval of their *difference*:


# %%
def difference(a, b, judged):
    return spearman(a, judged) - spearman(b, judged)


low, high = bootstrap(difference, tfidf, on_dev["word overlap"], judgement)
print(f"TF-IDF better than word overlap by {low:.2f} to {high:.2f}")

# %% [markdown]
# Zero is inside: on these pairs the two methods cannot be told apart. (That does not mean that the weights do nothing,
# since the two formulas differ as well. Without the weights, with `TfidfVectorizer(use_idf=False)`, TF-IDF falls to
# 0.43.)

# %% [markdown]
# ### Where it goes wrong
#
# The five pairs that TF-IDF ranks far too low, and the five far too high:

# %%
gap = ranks(tfidf) - ranks(dev["score"])
columns = ["sentence1", "sentence2", "score"]
worst = dev.assign(tfidf=tfidf).iloc[np.argsort(gap)]
pd.concat([worst.head(5), worst.tail(5)])[[*columns, "tfidf"]]

# %% [markdown]
# Above: the same meaning in other words (*thirty years*, *three decades*). Below: the same words with another meaning
# (the striker and the referee), or one word that changes all (*forty*, *four*). Word counting cannot do better: it sees
# neither synonyms nor order.

# %% [markdown]
# ## From a score to a label
#
# The question that started the course asks for 1 or 0. As in lesson 00, label 1 shall mean a judgement of 4 and up; and
# the border between scores is chosen on dev. By which measure, though?

# %%
from stslib import SAME_MEANING, fit_threshold

same = dev["score"] >= SAME_MEANING
print(f"label 1: {same.sum()} of {len(dev)}")
for objective in ("accuracy", "f1"):
    border = fit_threshold(tfidf, same, objective=objective)
    given = tfidf >= border.value
    print(
        f"best {objective:9} border {border.value:.2f}: label 1 given {given.sum()} times, "
        f"{(given & same).sum()} rightly"
    )

# %% [markdown]
# Look at the first line. The border with the most correct labels lies just above the highest score, and gives label 1
# to *nobody*. Three quarters of the pairs have label 0, and with TF-IDF nothing beats answering 0. **Accuracy**, the
# share of correct labels, is a poor guide where one label is rarer than the other.
#
# Two questions say more:
#
# - **Precision**: of the pairs that got label 1, how many deserve it?
# - **Recall**: of the pairs that deserve label 1, how many got it?
#
# **F1** is their harmonic mean, 2·P·R / (P + R), which is only large when both are. From the counts, by hand:

# %%
right = (given & same).sum()
precision, recall = right / given.sum(), right / same.sum()
f1 = 2 * precision * recall / (precision + recall)
print(f"precision {precision:.2f}, recall {recall:.2f}, F1 {f1:.2f}")
everybody = 2 * same.mean() / (same.mean() + 1)  # precision same.mean(), recall 1
print(f"F1 of label 1 for everybody: {everybody:.2f}")

# %% [markdown]
# Every border has its own precision and recall: a high border is picky, a low one generous. The curve shows them all at
# once. A useful method stays high while it goes to the right.

# %%
from sklearn.metrics import average_precision_score, precision_recall_curve

colours = (figures.GREY, figures.ORANGE, figures.BLUE)
for (name, scores), colour in zip(on_dev.items(), colours):
    precision, recall, _ = precision_recall_curve(same, scores)
    label = f"{name} (AP {average_precision_score(same, scores):.2f})"
    plt.plot(recall[:-1], precision[:-1], color=colour, label=label)
plt.axhline(same.mean(), color="black", lw=1, ls=":", label="label 1 for everybody")
plt.xlabel("recall: found, of those that deserve label 1")
plt.ylabel("precision: deserved, of those found")
plt.ylim(0, 1)
plt.legend(loc="upper right")
plt.title("For labels, counting words is hardly better than guessing")
plt.show()

# %% [markdown]
# Read it from left to right. The dotted line is what you get without any method: label 1 for everybody, a quarter of
# them rightly. Both word methods begin *below* it, where their most certain answers are: pairs with nearly the same
# words, one of which changes everything. Later they rise to about 0.35, not far above the line. The encoder begins low
# for the same reason, and is then well above. (AP, **average precision**, is the area under a curve: one number for all
# borders.)
#
# So a method can have a Spearman of 0.56 and be nearly useless for labels. It knows well enough which pairs have
# nothing to do with each other; the label depends on the other end of the scale. **Measure what you need.**

# %% [markdown]
# ### Why a border from dev may be wrong on test
#
# A border is fitted to a certain mix of pairs. In STS-B, 17.6 % of the dev pairs have a score of 4 and up, but 24.5 %
# of the test pairs. What does such a change do? We exaggerate it, to see it well: dev sets from which three quarters of
# the label-1 pairs were removed, drawn by lot, 200 times.

# %%
encoder_dev = on_dev["encoder of lesson 00"]
rng = np.random.default_rng(13)
ones, zeros = np.flatnonzero(same), np.flatnonzero(~same)
borders = []
for _ in range(200):
    rows = np.concatenate(
        [rng.choice(ones, max(1, len(ones) // 4), replace=False), zeros]
    )
    fitted = fit_threshold(
        encoder_dev[rows], same.iloc[rows], objective="f1", resamples=1
    )
    borders.append(fitted.value)
whole = fit_threshold(encoder_dev, same, objective="f1")
print(f"all of dev, {same.mean():.0%} label 1: border {whole.value:.2f}, "
      f"95 % interval {whole.low:.2f} to {whole.high:.2f}")  # fmt: skip
low, high = np.quantile(borders, [0.025, 0.975])
print(f"a quarter of label 1 kept: {np.median(borders):.2f} ({low:.2f} to {high:.2f})")

# %% [markdown]
# The same encoder, pairs of the same kind, and another border: the rarer label 1 is, the pickier one has to be. (The
# brackets of the second line hold 95 % of 200 draws of which pairs are kept; they are no interval of a border.) So fit
# the border on pairs *mixed like those on which you will use it*, report its interval, and **never** choose it on test.

# %% [markdown]
# ## The test, once
#
# Nothing is chosen any more. We measure the three methods on test, with the time they take, and write them into the
# **ladder**, a table that grows from lesson to lesson.

# %% tags=["nbval-ignore-output"]
import time

from stslib import load_encoder
from stslib.ladder import add_result, ladder

first, second = test["sentence1"].tolist(), test["sentence2"].tolist()
size = {"encoder of lesson 00": sum(p.numel() for p in load_encoder().parameters())}
size["TF-IDF"] = len(vectorizer.idf_)


# %%
def tfidf_cosine(a, b):
    u, v = vectorizer.transform(a), vectorizer.transform(b)
    return np.asarray(u.multiply(v).sum(axis=1)).ravel()


# %% tags=["nbval-ignore-output"]
for name, method in {
    "word overlap": token_overlap,
    "TF-IDF": tfidf_cosine,
    "encoder of lesson 00": pair_scores,
}.items():
    method(first[:8], second[:8])  # the first call prepares; it shall not count
    start = time.perf_counter()
    result = method(first, second)
    seconds = time.perf_counter() - start
    add_result(
        "03", name, result, test["score"], profile=profile, seconds=seconds,
        parameters=size.get(name, 0),
    )  # fmt: skip
results = ladder("03", profile)

# %%
results[["method", "spearman", "low", "high", "parameters"]]

# %% tags=["nbval-ignore-output"]
figures.draw_ladder(results)

# %% [markdown]
# On the left the quality: the dot is the value on test, the bar its interval. The two word methods have changed places
# since dev: the interval of their difference had warned us. On the right the price, on a scale where every step is ten
# times the one before: the encoder costs far more than counting words, and still only seconds for a thousand pairs.

# %% [markdown]
# ## What counting words cannot do
#
# The course has 240 test **contrasts**, pairs made so that the meaning hangs on one thing: a role, a negation, a
# number. Half of them mean the same. If a method tells them apart, it gives higher scores to those. We ask: take one
# pair with label 1 and one with label 0 at random; how often does the first score higher? 0.5 is tossing a coin. (The
# measure is called **AUC**.)

# %%
from sklearn.metrics import roc_auc_score

from stslib import load_contrasts

contrasts = load_contrasts("test")
first, second = contrasts["sentence1"].tolist(), contrasts["sentence2"].tolist()
contrasts["TF-IDF"] = tfidf_scores(first, second, corpus)
contrasts["encoder"] = pair_scores(first, second)
auc = pd.DataFrame(
    {
        kind: {m: roc_auc_score(part["label"], part[m]) for m in ("TF-IDF", "encoder")}
        for kind, part in contrasts.groupby("phenomenon")
    }
).T.sort_values("encoder")

# %%
_, axes = plt.subplots(figsize=(8, 4.6))
auc.plot.barh(ax=axes, color=[figures.ORANGE, figures.BLUE], width=0.75)
axes.axvline(0.5, color="black", lw=1, ls=":")
axes.set_xlabel("AUC; the dotted line is tossing a coin")
axes.set_xlim(0, 1)
axes.set_title("Contrasts: deceived, or guessing")
plt.show()

# %% [markdown]
# Read it from the bottom. There are only 20 pairs of each kind, so a bar between about 0.25 and 0.75 cannot be told
# from a coin. TF-IDF is clearly on the *wrong* side for five kinds: in *the dog bit the man / the man bit the dog* all
# words are shared, in a true paraphrase few are, so whoever goes by words is not just blind but deceived. The encoder
# is deceived by role reversal; for most of the other kinds it is no better than a coin. Clearly better than a coin are
# both for the kind at the top. The encoder's next two bars lie just at the edge, and of 24 bars about one would stray
# that far by chance.

# %% [markdown]
# ## Common mistakes
#
# > - **Choosing on test.** A border, a method, a layer: whatever you choose by looking at test, test can no longer
# >   check.
# > - **Accuracy with a rare label**, and no line for "always 0" beside it.
# > - **Reporting 0.555 of 400 pairs** as if the last two digits meant something. Give the interval.
# > - **Pearson's and Spearman's mixed up.** Papers report both; compare like with like.
# > - **Ranks by `argsort`.** Ties need mean ranks.
# > - **Taking the agreement of a model's runs for human agreement.**
# > - **Trusting a split** that nobody has checked for overlap.

# %% [markdown]
# ## Exercises
#
# Replace the three dots or the line with `raise`, run the cell, then run the check below it.

# %% [markdown]
# ### Exercise 1: ranks with ties
#
# Which ranks do the values 3, 1, 3, 2 get? Give a list of four numbers.

# %% tags=["exercise"]
my_ranks = ...

# %% tags=["check"]
lesson.check(
    my_ranks,
    (lambda r: len(r) == 4, "one rank a value."),
    (lambda r: list(r)[1] == 1 and list(r)[3] == 2, "1 is the smallest, 2 the next."),
    (
        lambda r: list(r) == [3.5, 1, 3.5, 2],
        "the two 3s share ranks 3 and 4: their mean.",
    ),
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# my_ranks = [3.5, 1, 3.5, 2]
# ```
#
# </details>

# %% [markdown]
# ### Exercise 2: precision at the top
#
# Sometimes only the best few matter. Write the function: of the `k` pairs with the highest scores, which share has
# label 1? `np.argsort(-scores)` gives the places from the highest score down. (We test it with scores that are all
# different.)


# %% tags=["exercise"]
def precision_at(k, scores, labels):
    raise NotImplementedError


# %% tags=["check"]
toy_scores, toy_labels = np.array([0.1, 0.9, 0.5, 0.7]), np.array([0, 1, 1, 0])
lesson.check(
    precision_at,
    (
        lambda f: f(1, toy_scores, toy_labels) == 1,
        "the highest score, 0.9, has label 1.",
    ),
    (lambda f: f(2, toy_scores, toy_labels) == 0.5, "0.9 and 0.7: one of two."),
    (lambda f: f(4, toy_scores, toy_labels) == 0.5, "all four: two of four."),
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# def precision_at(k, scores, labels):
#     return labels[np.argsort(-scores)[:k]].mean()
# ```
#
# </details>

# %% [markdown]
# ### Exercise 3: a better word counter?
#
# Words are crude: *ate* and *eaten* share nothing. Pieces of words may do better. Make a list of scores for the dev
# pairs, with `TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5))`, which counts all runs of 3 to 5 letters. Fit it
# on `corpus`; then proceed as in *Method 2*.

# %% tags=["exercise"]
letter_scores = ...

# %% tags=["check"]
sides = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit(corpus).transform
a, b = sides(dev["sentence1"]), sides(dev["sentence2"])
expected = np.asarray(a.multiply(b).sum(axis=1)).ravel()
lesson.check(
    letter_scores,
    (
        lambda s: np.shape(s) == (len(dev),),
        "one score for each dev pair, as a flat list: .ravel().",
    ),
    (
        lambda s: min(s) >= 0 and max(s) < 1.001,
        "cosines: multiply u and v, sum over axis 1.",
    ),
    (
        lambda s: np.allclose(s, expected),
        "fit on corpus, with analyzer='char_wb' and ngram_range=(3, 5).",
    ),
    done="Right. Print bootstrap(difference, letter_scores, tfidf, judgement).",
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit(corpus)
# u, v = letters.transform(dev["sentence1"]), letters.transform(dev["sentence2"])
# letter_scores = np.asarray(u.multiply(v).sum(axis=1)).ravel()
# ```
#
# </details>

# %% [markdown]
# ## Quiz
#
# Choose an answer, then open it.

# %% [markdown]
# **1. A method gives every pair its judgement divided by 100. What are the correlations?**
#
# <details><summary>A. Both are 0.01.</summary>
#
# Not so. Correlations do not depend on the scale: dividing by 100 changes neither of them.
# </details>
# <details><summary>B. Both are 1.</summary>
#
# Correct. The order is perfect, so Spearman's is 1, and the scores lie on a straight line, so Pearson's is 1 too.
# </details>
# <details><summary>C. Spearman's is 1, Pearson's is smaller.</summary>
#
# Not so. That would happen if the line were bent, as with the cubed scores.
# </details>

# %% [markdown]
# **2. Always answering 0 is right for 75 % of the pairs. Your method is right for 76 %. (There are 400 pairs.) You
# should first…**
#
# <details><summary>A. be content: 76 % is more than 75 %.</summary>
#
# Not so. With a few hundred pairs such a difference is well within chance.
# </details>
# <details><summary>B. look at precision and recall of label 1, with intervals.</summary>
#
# Correct. They show whether the method finds any pairs of label 1 at all, which accuracy hides.
# </details>
# <details><summary>C. choose another border, by the accuracy on test.</summary>
#
# Not so. Then test is used up: it can no longer tell how the border does on new pairs.
# </details>

# %% [markdown]
# **3. Of 100 pairs labelled 1, 50 deserve it. In all, 200 pairs deserve label 1. Precision and recall are…**
#
# <details><summary>A. 0.50 and 0.25.</summary>
#
# Correct. 50 of the 100 found are right, and 50 of the 200 to be found were found.
# </details>
# <details><summary>B. 0.25 and 0.50.</summary>
#
# Not so. It is the other way round: precision looks at what was found, recall at what there was to find.
# </details>
# <details><summary>C. 0.50 and 0.50.</summary>
#
# Not so. The recall divides by the 200 that deserve label 1.
# </details>

# %% [markdown]
# ## Recap
#
# You can now
#
# - *read* the scale, and *look over* a data set: sizes, scores, lengths, judges, overlap, conflicts;
# - *compute* Pearson's correlation, and Spearman's from ranks, with ties;
# - *give* an interval by the bootstrap, and compare two methods by the interval of their difference;
# - *build* word overlap and TF-IDF: dumb, quick, and not easy to dismiss;
# - *choose* a border on dev by F1 or accuracy, knowing that it depends on the mix of labels.
#
# **Key terms**: semantic textual similarity, STS-B, train, dev, test, ceiling, overlap, Pearson's correlation,
# Spearman's rank correlation, tie, TF-IDF, baseline, bootstrap, interval, accuracy, precision, recall, F1, average
# precision, AUC, contrast.
#
# **Next**: the first of two roads with BERT. It stays as it is, and a small classifier learns from what it gives back.
#
# **Sources**: Cer and others (2017), *SemEval-2017 Task 1*, arXiv:1708.00055, for the scale and STS-B. Reimers and
# others (2016), *Task-Oriented Intrinsic Evaluation of Semantic Textual Similarity*, COLING, for Pearson's against
# Spearman's. Efron and Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 13.

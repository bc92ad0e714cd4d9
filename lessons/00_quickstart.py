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
# # 00 · Quickstart: which sentences mean the same?
#
# In five minutes you turn a table of sentence pairs into the same table with one more column: 1 where the two
# sentences mean the same, 0 where they do not. A real BERT does the reading, on your own machine.

# %% [markdown]
# **You will be able to**
#
# - *label* a table of sentence pairs with one function, or one command;
# - *explain* the three steps between two sentences and a label;
# - *read* a similarity score, and say why 0.5 is not the border between 0 and 1;
# - *recognise* a kind of pair that fools the model.
#
# **You need** Python's lists and functions and a little pandas; nothing about BERT is expected. A cell with NumPy or
# PyTorch may be run without understanding every detail: the text says what comes out.
#
# **Time**: about 15 minutes to read. All cells together take half a minute on an ordinary computer without a GPU.
#
# Run a cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>, from top to bottom.

# %% tags=["parameters"]
PROFILE = None  # "full": weights from the Hub; the pairs stay the course's own

# %% tags=["nbval-ignore-output"]
from stslib import figures, lesson

profile = lesson.start(PROFILE)

# %% [markdown]
# The first line above says which *profile* is in use. `course` is the default: weights and data are already on your
# machine (in Colab the first cell has fetched them), and no further connection is opened.
#
# Here is the way through the course. You are on the first step.

# %%
figures.draw_course_map("00")

# %% [markdown]
# ## The question
#
# Somebody who called themselves "an absolute noob" once asked, in short: I have a table with two columns, `line1` and
# `line2`. I want it back with a column `lbl`, 1 where the two lines mean the same and 0 where they do not. How do I do
# that with BERT? This is their table:

# %%
import pandas as pd

table = pd.DataFrame(
    {
        "line1": [
            "the cat ate the mouse",
            "the dog chased the cat",
            "the king ate the cake",
        ],
        "line2": [
            "the mouse was eaten by the cat",
            "the alligator is fat",
            "the cake was ingested by the king",
        ],
    }
)
table

# %% [markdown]
# In the first and the third pair, both sentences say the same thing in other words, so they should get a 1. The second
# pair should get a 0.
#
# Two answers came. The first: let BERT read the pair, and train a small classifier on its first output; or train all of
# BERT, with a small learning rate. The second: take a BERT that was trained to give similar vectors to similar
# sentences, and compare, or sort into groups, the vectors. You need not understand a word of that yet. Lessons 04 to 07
# try every one of these roads; whenever they speak of *the answer*, this is meant. Here we take the shortest, the
# second.

# %% [markdown]
# ### Predict
#
# The model answers with a *similarity*: around 0, sometimes a little below, for sentences that have nothing to do with
# each other, 1 for identical ones. Which similarity will it give to this pair? Replace `None` by your guess, such as
# `0.7`.
#
# > the cat ate the mouse  |  the mouse was eaten by the cat

# %%
my_guess = None

# %% [markdown]
# ## The answer
#
# One function. It loads BERT (22.7 million numbers, a few seconds the first time), reads both columns, and adds two:
# the similarity as `score`, and the label as `lbl`.

# %%
from stslib import label_pairs

labelled = label_pairs(table)
labelled

# %% [markdown]
# The labels are 1, 0, 1, as they should be. And your guess?

# %%
lesson.settle(my_guess, labelled["score"][0])

# %% [markdown]
# Look at the third pair: *ate* became *ingested*, and the sentence was turned from active to passive. BERT was not
# confused. The rest of this lesson shows what happened, and where it stops working.

# %% [markdown]
# ## What happened, in three steps
#
# We take the first pair through all three steps.

# %% [markdown]
# ### Step 1: a sentence becomes tokens
#
# BERT does not read letters. A **tokenizer** cuts the sentence into pieces that are in BERT's vocabulary, called
# **tokens**, and gives the number (**id**) of each. It adds two tokens of its own: `[CLS]` in front and `[SEP]` at the
# end.

# %%
from stslib import input_table, load_tokenizer

tokenizer = load_tokenizer(profile)
input_table(tokenizer, "the cat ate the mouse")

# %% [markdown]
# Lesson 01 explains the other columns. For now: seven tokens, seven ids.

# %% [markdown]
# ### Step 2: the tokens become one vector
#
# For each token BERT computes a list of numbers, a **vector**. The mean of these vectors stands for the whole sentence.
# A model that turns a sentence into one vector is called a **sentence encoder**. Its function `encode` does step 1
# itself, so we hand it the text.

# %%
from stslib import load_encoder

encoder = load_encoder(profile)
vectors = encoder.encode(["the cat ate the mouse", "the mouse was eaten by the cat"])
vectors.shape

# %% [markdown]
# Two sentences, 384 numbers each. No single number means anything to us. What counts is the direction in which the
# vector points: vectors of sentences with similar meaning point in similar directions.

# %% [markdown]
# ### Step 3: two vectors become a score, and the score a label
#
# The **cosine similarity** measures how closely the directions of two vectors agree. Take vectors of two numbers, which
# are arrows on paper: (3, 4) goes 3 to the right and 4 up, so the arrow is √(3² + 4²) = 5 long. For (3, 4) and (4, 3):
# multiply number by number and add up, 3·4 + 4·3 = 24; divide by both lengths, 24 / (5 · 5) = 0.96. With 384 numbers it
# is the same. Below, `u @ v` multiplies and adds up, and `np.linalg.norm` is the length of the arrow (Python's `len`
# would be the number of its numbers). The result lies between −1 and 1.

# %%
import numpy as np

u, v = vectors
cosine = u @ v / (np.linalg.norm(u) * np.linalg.norm(v))
print(f"{cosine:.3f}")

# %% [markdown]
# That is the score from the table. The library that the encoder was trained with, Sentence Transformers, has the same
# formula built in. Let's check that ours agrees with it (the line is silent if it does):

# %%
import torch
from sentence_transformers.util import cos_sim

torch.testing.assert_close(torch.tensor([[cosine]]), cos_sim(u, v))

# %% [markdown]
# The label is a plain comparison with a **border** (its usual name is *threshold*). The course ships one for this
# encoder; where it comes from is shown below, under *Reading the score*.

# %%
from stslib import Threshold

border = Threshold.load()
print(f"border {border.value:.3f}, label {int(cosine >= border.value)}")

# %% [markdown]
# ### All three steps in one function
#
# This is all that `label_pairs` does, apart from being careful about odd input:


# %%
def label_by_hand(line1, line2):
    # Normalized vectors have length 1, so that the cosine needs no division.
    first = encoder.encode(list(line1), normalize_embeddings=True)
    second = encoder.encode(list(line2), normalize_embeddings=True)
    scores = (first * second).sum(axis=1)
    return (scores >= border.value).astype(int)


label_by_hand(table["line1"], table["line2"])

# %% [markdown]
# ## Reading the score
#
# It is tempting to say: from 0.5 up, two sentences mean the same. Look at some more pairs first.

# %%
from stslib import pair_scores

pairs = [
    ("He died.", "He passed away."),
    ("A dog runs.", "A puppy is running."),
    ("The room was clean but tiny.", "The room was spacious but dirty."),
    ("How do I reset my password?", "I forgot my login details."),
    ("It is raining cats and dogs.", "It is pouring."),
]
first, second = zip(*pairs)
scores = pair_scores(first, second)
lesson.show_pairs(pairs, scores)

# %% [markdown]
# A room that is clean but tiny is not a room that is spacious but dirty, yet the score is far above 0.5. Both sentences
# judge a room by its size and its cleanliness; the encoder sees the common topic better than the opposite verdict. And
# *it is pouring* means that it is raining cats and dogs, but gets a low score.
#
# So a score is **not a probability**, and 0.5 is nothing special. Which border serves best has to be *measured*, on
# pairs that somebody has judged.

# %% [markdown]
# ### Fitting a border
#
# The course brings such pairs: 400 on which we choose (called *dev*, for development) and 400 kept aside for a final
# check (called *test*). Be warned: a language model wrote both the sentences and the judgements, and no person has
# checked them. They show the method well; about your own texts they prove less.
#
# A judgement goes from 0 (about different things) to 5 (the same meaning). 4 stands for "the same but for unimportant
# details", so we count 4 and up as label 1.

# %%
from stslib import load_pairs

dev = load_pairs("course", "dev")
dev["cosine"] = pair_scores(dev["sentence1"].tolist(), dev["sentence2"].tolist())
dev[["sentence1", "sentence2", "score", "cosine"]].head(3)

# %% [markdown]
# Mind the names: here `score` is the judgement, and what `label_pairs` calls `score` is in the column `cosine`.
#
# To **fit** a border means: try many, and keep the one that gets the most pairs right.

# %%
same = dev["score"] >= 4
for value in np.arange(0.4, 1.0, 0.05):
    correct = ((dev["cosine"] >= value) == same).sum()
    print(f"border {value:.2f}: {correct} of {len(dev)} correct")

# %% [markdown]
# 0.80 wins with 309. The shipped border was found in the same way, by trying every possible one: it lies at 0.811 and
# gets 317 right. In the plot every
# mark is one pair, a blue dot if it was judged the same, an orange square if not.

# %%
import matplotlib.pyplot as plt

_, axes = plt.subplots(figsize=(9, 3.8))
interval = (border.low, border.high)
figures.draw_border(axes, dev["cosine"], dev["score"], border.value, interval)
axes.set_title("Judgement and cosine rise together, but 0.5 is a poor border")
plt.show()

# %% [markdown]
# Read it from left to right. Left of 0.45 there are only squares: these pairs mean different things, and score low.
# Further to the right both occur, so every border labels some pairs wrongly. And the last mark of all is
# a square: nearly the same words with another meaning. You will meet that kind below. The black line is the
# border with the most correct labels. The grey band is its 95 % interval: fitted on other samples of 400 such pairs,
# the border would mostly land in there (lesson 03 shows how such a band is made).

# %% [markdown]
# ### The fair test
#
# The fitted border was chosen on these very pairs, so of course it does well on them. A fair test takes pairs that
# nobody has used for choosing. And it needs something to compare with: 0.5, and the laziest method of all, which
# answers 0 every time (written below as a border of 2.0, which no cosine reaches).

# %%
from scipy.stats import binomtest

test = load_pairs("course", "test")
test["cosine"] = pair_scores(test["sentence1"].tolist(), test["sentence2"].tolist())
same = test["score"] >= 4
for name, value in [("always 0", 2.0), ("0.5", 0.5), ("fitted", border.value)]:
    right = int(((test["cosine"] >= value) == same).sum())
    low, high = binomtest(right, len(test)).proportion_ci(method="wilson")
    print(f"{name:8} {right} of {len(test)} right ({low:.0%} to {high:.0%})")

# %% [markdown]
# The percentages in brackets are a 95 % interval: with other samples of 400 such pairs the share would vary about that
# much. Two surprises. A border of 0.5 is **worse than not looking at all**: it calls far too many pairs the same. And
# the fitted border gets hardly more pairs right than the method that never looks.
#
# First, is the fitted border really better than 0.5? Look at the pairs on which the two disagree: on each of
# them, exactly one of the two is right. If neither border were better, that would be like tossing a coin for each pair.

# %%
between = test["cosine"].between(0.5, border.value, inclusive="left")
fitted_right = int((between & ~same).sum())
print(
    f"they disagree on {between.sum()} pairs; the fitted one is right on {fitted_right}"
)
if between.any():
    chance = binomtest(fitted_right, int(between.sum())).pvalue
    print(f"tossing a coin would be as lopsided in {chance:.2%} of all cases")

# %% [markdown]
# So many are hardly a matter of luck. Second, is the fitted border of any use, if always answering 0 is nearly as good?
# Counting correct labels hides the difference. Look at the pairs that got a 1:

# %%
given = test["cosine"] >= border.value
print(f"{given.sum()} pairs got label 1, {(given & same).sum()} of them rightly")
print(f"{same.sum()} pairs do mean the same")

# %% [markdown]
# Always answering 0 finds none of the pairs that mean the same; the fitted border finds a third of them, and more than
# half of the pairs that it labels 1 really mean the same. Whether that is good depends on which mistake costs you more.
# Lesson 03 will have measures for it, and later lessons better models. Two things to keep:
#
# - A border holds for **one model and one kind of text**. Fit your own on pairs like yours, as CSV with the columns
#   `sentence1`, `sentence2`, `score`. The score runs from 0 to 5, and 4 and up counts as label 1; if you only have
#   labels, write 5 for 1 and 0 for 0. In a terminal with the course's environment activated: `stslib threshold
#   PAIRS.csv --out my.json`, then `stslib label IN.csv --out OUT.csv --threshold my.json`.
# - Judge a border on pairs that it was not fitted on, and beside the laziest method that there is. If you change it
#   after seeing the test, you need new test pairs.
#
# Which pairs go wrong most clearly? We look at them to learn, not to choose: the five that lie farthest on the wrong
# side of the border.

# %%
excess = test["cosine"] - border.value
test["beyond"] = np.where(same, -excess, excess)
worst = test.nlargest(5, "beyond")
worst[["sentence1", "sentence2", "score", "cosine"]]

# %% [markdown]
# All five mean the same in other words, and score too low. To be able to *eat a horse* is an idiom; to *get the sack*
# and to be *dismissed* share no word.

# %% [markdown]
# ## A pair that fools it
#
# The other kind of mistake, nearly the same words with another meaning, is easy to provoke. Let the mouse eat the cat:

# %%
fooled = label_pairs(
    pd.DataFrame(
        {
            "line1": ["the cat ate the mouse", "the cat ate the mouse"],
            "line2": ["the mouse was eaten by the cat", "the mouse ate the cat"],
        }
    )
)
fooled

# %%
names = [
    "the cat ate the mouse\nthe mouse was eaten by the cat",
    "the cat ate the mouse\nthe mouse ate the cat",
]
_, axes = plt.subplots(figsize=(8.5, 2.1))
figures.draw_scores(axes, fooled["score"].tolist(), names, border.value, interval)
plt.show()

# %% [markdown]
# The two bars say it: the pair with the roles swapped scores **higher** than the pair that means the same. This
# encoder's vector tells well what a sentence is about, and poorly who did what to whom. No border puts these two pairs
# on their proper sides. Lesson 05 will try a BERT that reads both sentences at once.

# %% [markdown]
# ## What the function refuses
#
# Real tables have holes. **The next cell fails**, and is meant to: the second row has nothing to compare.

# %% tags=["raises-exception"]
holes = pd.DataFrame(
    {
        "line1": ["a man plays the guitar", "it is late"],
        "line2": ["a man makes music", None],
    }
)
label_pairs(holes)

# %% [markdown]
# The message says which row, which column, and what to do. A label made up for an empty cell would have been worse
# than no label. If you want to keep such rows, say so:

# %%
label_pairs(holes, skip_invalid=True)

# %% [markdown]
# ## Your own sentences
#
# Change the pairs below, add more, and run the cell again.

# %%
mine = pd.DataFrame(
    [
        ("The meeting is at three.", "We meet at 3 pm."),
        ("I love this film.", "I hate this film."),
    ],
    columns=["line1", "line2"],
)
label_pairs(mine)

# %% [markdown]
# ## The same from the command line
#
# For a table in a file you need no Python. (In a terminal of your own, activate the course's environment first.) We
# write the table to a file, label that, and look at the result. (The `!` hands the line to your computer's command
# line. It starts Python anew, hence a few seconds of waiting.)

# %%
table.to_csv("pairs.csv", index=False)

# %%
# !stslib label pairs.csv --out labelled.csv --force

# %%
print(open("labelled.csv").read())

# %% [markdown]
# CSV, TSV, JSON Lines and Parquet files of any length will do. If the run is interrupted, `--resume` goes on where it
# stopped. `stslib --help` lists the other commands.

# %% [markdown]
# ## Common mistakes
#
# > - **Reading the score as a probability.** 0.7 does not mean "70 % the same". A score says something only beside
# >   other scores, or beside a border fitted for the model.
# > - **Taking 0.5, or a border from a tutorial.** Such a border belongs to another model and another kind of text.
# > - **Testing on the pairs that the border was fitted on.** It always looks better there.
# > - **Trusting the label where one small word changes everything**: *not*, *before*, *by*, another number or name.
# > - **Very long texts.** This encoder reads the first 256 tokens, about 215 words of
# >   plain English. `stslib label` counts such rows for
# >   you.

# %% [markdown]
# ## Exercises
#
# Replace the three dots or the line with `raise`, run the cell, then run the check below it. The check says what is
# missing; the solution is folded under it.

# %% [markdown]
# ### Exercise 1: a stricter border
#
# A colleague wants a 1 only for pairs that score 0.9 or more. Make the list of labels for `labelled["score"]` with
# that border.

# %% tags=["exercise"]
strict_labels = ...

# %% tags=["check"]
lesson.check(
    strict_labels,
    (lambda a: len(a) == 3, "there are three pairs, so there must be three labels."),
    (lambda a: set(map(int, a)) <= {0, 1}, "labels are 0 or 1: int(True) is 1."),
    (
        lambda a: list(map(int, a)) == [int(s >= 0.9) for s in labelled["score"]],
        "compare each score with 0.9: which reach it?",
    ),
    done="Right: a stricter border misses the king and his cake.",
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# strict_labels = (labelled["score"] >= 0.9).astype(int)
# ```
#
# </details>

# %% [markdown]
# ### Exercise 2: fool it yourself
#
# Find a sentence that means something clearly *different* from "The shop opens at nine." and still gets label 1.

# %% tags=["exercise"]
my_sentence = ...

# %% tags=["check"]
from stslib import similarity

lesson.check(
    my_sentence,
    (lambda a: isinstance(a, str), "write one sentence, in quotes."),
    (
        lambda a: a.strip(" .").lower() != "the shop opens at nine",
        "that is the sentence itself.",
    ),
    (
        lambda a: similarity("The shop opens at nine.", a) >= border.value,
        "too low a score: keep more words, change just one that matters.",
    ),
    done="Fooled it! (Whether the meaning is really different, only you can say.)",
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Keep nearly all words and turn the one that carries the meaning:
#
# ```python
# my_sentence = "The shop closes at nine."
# ```
#
# </details>

# %% [markdown]
# ### Exercise 3: the most similar sentence
#
# Write the function: given a question and a list of sentences, return the *position* in the list of the sentence that
# is most similar to the question. This is the heart of a search engine.
#
# What you need: `pair_scores` takes two lists of equal length; `["a"] * 3` repeats something; `np.argmax(scores)` is
# the position of the highest score.


# %% tags=["exercise"]
def most_similar(question, sentences):
    raise NotImplementedError


# %% tags=["check"]
shelf = ["How do I cook rice?", "Where can I buy a used car?", "My screen stays black."]
lesson.check(
    most_similar,
    (lambda f: f(shelf[2], shelf) == 2, "return the position, 0 for the first."),
    (
        lambda f: f("the display shows nothing", shelf) == 2,
        "score each sentence: pair_scores.",
    ),
    (
        lambda f: f("shops for second-hand vehicles", shelf) == 1,
        "take the highest score: np.argmax.",
    ),
    (
        lambda f: f("It is late.", [*shelf, "It is late."]) == 3,
        "any number of `sentences`: repeat the question len(sentences) times.",
    ),
    done="Right: no word in common with the answer, and found all the same.",
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# def most_similar(question, sentences):
#     scores = pair_scores([question] * len(sentences), sentences)
#     return int(np.argmax(scores))
# ```
#
# </details>

# %% [markdown]
# ## Quiz
#
# Choose an answer, then open it.

# %% [markdown]
# **1. Two sentences have a cosine similarity of 0.74. Do they mean the same?**
#
# <details><summary>A. Yes, 0.74 is well above 0.5.</summary>
#
# Not so. 0.5 has no special meaning. You saw pairs of different meaning with scores above 0.7.
# </details>
# <details><summary>B. They do with a probability of 74 %.</summary>
#
# Not so. The cosine compares directions. Nothing makes it a probability.
# </details>
# <details><summary>C. It depends on the model and on the border fitted for it.</summary>
#
# Correct. The number alone decides nothing. A border that was measured on pairs of your kind does.
# </details>

# %% [markdown]
# **2. Why was the border tested on pairs other than those it was fitted on?**
#
# <details><summary>A. Because it always looks good on the pairs that it was chosen for.</summary>
#
# Correct. Here 79 % of the pairs were right where it was fitted, and 75 % where it was not.
# </details>
# <details><summary>B. Because more pairs give a better border.</summary>
#
# Not so. That is true, but testing does not change the border. The test asks how good it is.
# </details>
# <details><summary>C. Because the model learns from the test pairs.</summary>
#
# Not so. Nothing was trained in this lesson, and a model must never learn from test pairs.
# </details>

# %% [markdown]
# **3. Why does "the mouse ate the cat" score so high beside "the cat ate the mouse"?**
#
# <details><summary>A. BERT does not know the words.</summary>
#
# Not so. It knows all of them; every word here is one token.
# </details>
# <details><summary>B. This encoder's vector says what a sentence is about, hardly who did what to whom.</summary>
#
# Correct. Both sentences are about a cat, a mouse and eating.
# </details>
# <details><summary>C. The border is too low.</summary>
#
# Not so. The wrong pair scores higher than the right one, so that no border can part them.
# </details>

# %% [markdown]
# ## Recap
#
# You can now
#
# - *label* a table: `label_pairs(table)`, or `stslib label IN.csv --out OUT.csv`;
# - *explain* the three steps: tokens, one vector per sentence, cosine and border;
# - *read* a score: only against a border that was fitted for this model on pairs like yours;
# - *recognise* what fools it: nearly the same words with another meaning, the same meaning without shared words.
#
# **Key terms**: token, tokenizer, id, vector, sentence encoder, cosine similarity, border (threshold), dev and test.
#
# **Next**: what exactly BERT reads, and what comes out of it. Lesson 01 opens the box.
#
# **Sources**: Reimers and Gurevych (2019), *Sentence-BERT*, arXiv:1908.10084. Devlin and others (2019), *BERT*,
# arXiv:1810.04805. The encoder is `sentence-transformers/all-MiniLM-L6-v2`. Cer and others (2017), *SemEval-2017 Task
# 1*, arXiv:1708.00055, for the scale from 0 to 5.

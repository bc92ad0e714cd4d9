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
# # 01 · What BERT reads, and what it gives back
#
# Between your sentences and BERT stands a small machine that cuts, numbers, marks and fills up. Many bugs in BERT
# programs start there, and most of them raise no error. In this lesson you look inside.

# %% [markdown]
# **You will be able to**
#
# - *cut* any word into BERT's tokens by hand, and say why it is cut there;
# - *lay out* a pair of sentences as BERT expects it: `[CLS]` A `[SEP]` B `[SEP]`, with segment ids;
# - *pad* a batch and *mask* the padding, and show what goes wrong without the mask;
# - *count* what is lost when a text is too long;
# - *read* the shape of BERT's output, and find the vector of `[CLS]` in it.
#
# **You need** lesson 00. Some cells use PyTorch, the library that BERT is built with; run them without following every
# sign, the text says what comes out. **Time**: about 30 minutes to read. All cells together take 10 seconds on an
# ordinary computer without a GPU.

# %% tags=["parameters"]
PROFILE = None  # "full": bert-base-uncased from the Hugging Face Hub

# %% tags=["nbval-ignore-output"]
from stslib import figures, lesson

profile = lesson.start(PROFILE)

# %%
figures.draw_course_map("01")

# %% [markdown]
# Three pairs go with us through the lesson. They are those of the question that started the course.

# %%
pairs = [
    ("the cat ate the mouse", "the mouse was eaten by the cat"),
    ("the dog chased the cat", "the alligator is fat"),
    ("the king ate the cake", "the cake was ingested by the king"),
]
first, second = pairs[0]

# %% [markdown]
# ### Predict
#
# The first pair has 5 and 7 words. How many tokens will BERT read for the two sentences together? Replace `None` by
# your guess.

# %%
my_guess = None

# %% [markdown]
# ## From words to tokens
#
# BERT has a **vocabulary**: a list of text pieces that it knows, 30,522 of them. The **tokenizer** is the program that
# writes a sentence with these pieces.

# %%
from stslib import load_tokenizer

tokenizer = load_tokenizer(profile)
print(f"{len(tokenizer):,} pieces")
print(tokenizer.tokenize("The cat ate the mouse."))

# %% [markdown]
# Frequent words are in the vocabulary as a whole. Capital letters are gone: this is an *uncased* BERT. The full stop is
# a token of its own. What about rarer words?

# %%
for word in [
    "alligator",
    "ingested",
    "tokenization",
    "unbelievably",
    "Zürich",
    "don't",
    "dino🦖",
]:
    print(f"{word:14}", tokenizer.tokenize(word))

# %% [markdown]
# A word that is not in the vocabulary is cut into pieces that are. `##` in front of a piece means: *this goes on the
# piece before, without a space*. So `ing` + `##ested` is *ingested*. Accents are dropped with the capitals: *Zürich*
# becomes `zurich`. If a character of a word is missing from the vocabulary, like the dinosaur, the *whole word* becomes
# `[UNK]`, for *unknown*.
#
# The pieces need not be meaningful. `ing` in *ingested* has nothing to do with the ending of *eating*.

# %% [markdown]
# ### By hand: the longest piece first
#
# The rule is called **WordPiece**. Take the longest piece of the vocabulary that the word starts with. Cut it off, and
# do the same with the rest. We watch it on one word:

# %%
vocabulary = set(tokenizer.get_vocab())
rest = "tokenization"
candidates = [rest[:end] for end in range(len(rest), 0, -1)]
print([piece for piece in candidates if piece in vocabulary])

# %% [markdown]
# Three beginnings of *tokenization* are in the vocabulary. The longest is `token`, so the first cut comes after it. The
# rest is `ization`, and as a continuation it is looked up as `##ization`, which is in the vocabulary as a whole. As a
# function (`else` after a `for` runs only where no `break` has ended the loop):


# %%
def wordpiece(word):
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:  # no piece fits, not even a single letter
            return ["[UNK]"]
        pieces.append(piece)
        start = end
    return pieces


wordpiece("unbelievably")

# %% [markdown]
# Does this agree with the library? We compare the lower-case words of the course's dev sentences that stand without
# punctuation. The cell prints only how many there are:

# %%
from stslib import load_pairs

dev = load_pairs(profile.pairs, "dev")
text = " ".join([*dev["sentence1"], *dev["sentence2"]])
words = sorted(
    {
        word
        for word in text.split()
        if word.isascii() and word.isalpha() and word.islower()
    }
)
assert all(wordpiece(word) == tokenizer.tokenize(word) for word in words)
print(f"{len(words)} words, no difference")

# %% [markdown]
# ## Ids and special tokens
#
# BERT computes with numbers, so each token is replaced by its place in the vocabulary, its **id**. Five tokens are not
# text but signs to BERT:

# %%
from stslib import special_tokens

special_tokens(tokenizer)

# %% [markdown]
# `[MASK]` takes the place of a word that BERT is asked to guess. That game is how BERT learned its language; lesson 02
# plays it. The tokenizer leaves it whole, and does not lower-case it:

# %%
print(tokenizer.tokenize("the cat ate the [MASK]"))
print(tokenizer.convert_tokens_to_ids(["the", "cat", "ate", "the", "[MASK]"]))

# %% [markdown]
# ## A pair, by hand
#
# BERT takes one sentence or two. Two are laid out like this:
#
# > `[CLS]` first sentence `[SEP]` second sentence `[SEP]`
#
# `[CLS]` is short for *classification*: in models trained for that, its output stands for the whole input. `[SEP]`
# separates. We build the list ourselves.

# %%
a, b = tokenizer.tokenize(first), tokenizer.tokenize(second)
tokens = ["[CLS]", *a, "[SEP]", *b, "[SEP]"]
print(len(a), "+", len(b), "+ 3 =", len(tokens))

# %% [markdown]
# Beside the ids BERT gets two more lists of the same length. The **segment id** says to which sentence a token belongs,
# 0 or 1; the first `[SEP]` still counts as part of the first sentence. The **attention mask** says which tokens to
# read. Here it is all ones; we will need it soon.

# %%
ids = tokenizer.convert_tokens_to_ids(tokens)
segments = [0] * (len(a) + 2) + [1] * (len(b) + 1)
attention = [1] * len(tokens)
print(ids, segments, attention, sep="\n")

# %% [markdown]
# And the guess?

# %%
lesson.settle(my_guess, len(tokens), close=0)

# %% [markdown]
# Now the library. Given two texts, the tokenizer does all of it in one call. It must agree with us to the last number:

# %%
encoded = tokenizer(first, second)
assert encoded["input_ids"] == ids
assert encoded["token_type_ids"] == segments  # the library's name for segment ids
assert encoded["attention_mask"] == attention

# %% [markdown]
# ### As a table and as a picture
#
# Wrapped as a function, with a row for each token. This is what `stslib.input_table` does, and what
# `stslib inspect "…" "…"` prints on the command line.

# %%
import pandas as pd


def table_of(first, second):
    encoded = tokenizer(first, second)
    ids = encoded["input_ids"]
    return pd.DataFrame(
        {
            "position": range(len(ids)),
            "token": tokenizer.convert_ids_to_tokens(ids),
            "id": ids,
            "segment": encoded["token_type_ids"],
            "attention": encoded["attention_mask"],
        }
    )


# %%
from stslib import input_table

pd.testing.assert_frame_equal(
    table_of(first, second), input_table(tokenizer, first, second)
)
table_of(first, second)

# %%
figures.draw_input(
    input_table(tokenizer, first, second), "The first pair, as BERT reads it"
)

# %% [markdown]
# Read the picture from left to right: grey boxes are special tokens, blue ones the first sentence, yellow ones the
# second. Below each box stands its segment id. It turns from 0 to 1 just after the first `[SEP]`.

# %% [markdown]
# ## Two ways to get it wrong
#
# ### A list of two texts is not a pair
#
# The square brackets below look harmless. They are a common mistake.

# %%
wrong = tokenizer([first, second])
for ids in wrong["input_ids"]:
    print(tokenizer.convert_ids_to_tokens(ids))
print(wrong["token_type_ids"])

# %% [markdown]
# A *list* is a **batch**: two separate inputs, each with its own `[CLS]`, and no segment 1 anywhere. BERT would read
# the first sentence without knowing of the second. Nothing warns you: the model runs and returns something.
#
# - a pair: `tokenizer(first, second)`
# - a batch of pairs: `tokenizer([first1, first2], [second1, second2])`

# %% [markdown]
# ### Rows of unequal length
#
# A model computes on **tensors**, rectangular blocks of numbers; `return_tensors="pt"` asks for those of PyTorch. **The
# next cell fails**, because the two rows have 7 and 9 tokens.

# %% tags=["raises-exception"]
tokenizer([first, second], return_tensors="pt")

# %% [markdown]
# The message names the remedy: `padding=True`. Shorter rows are filled up with `[PAD]` to the length of the longest.

# %%
from stslib import batch_table

batch = batch_table(tokenizer, pairs)
batch

# %%
import torch

firsts, seconds = [a for a, _ in pairs], [b for _, b in pairs]
encoded = tokenizer(firsts, seconds, padding=True, return_tensors="pt")
print(encoded["input_ids"].shape)
print(encoded["attention_mask"])

# %% [markdown]
# Three pairs, one row each, and every row as long as the longest. Where the table has `[PAD]`, the attention mask has a
# 0: *do not read this*.

# %%
padding = (encoded["attention_mask"] == 0).float().mean()
print(f"{padding:.0%} of this batch is padding")

# %% [markdown]
# Padding is computed and thrown away. In a batch of one long and many short texts most of the work goes into it, which
# is why libraries sort texts by length first.

# %% [markdown]
# ## What BERT gives back
#
# Now we load BERT and give it the first pair. First BERT looks up three learned vectors for each token: one for its id,
# from a table of 30,522 rows (the **word embeddings**), one for its position, from a table of 512 rows, and one for its
# segment. Their sum, brought to a common size, goes into the first of several **layers**, rounds of computing that
# follow one another; more on them below.
#
# The BERT of the course profile is the inside of the encoder of lesson 00, all-MiniLM-L6-v2: BERT's architecture and
# vocabulary, with 6 layers instead of 12. It was *distilled*, that is, trained to copy the attention of a larger model
# (Wang and others 2020), then cut to every second layer, and then trained to encode single sentences. What is said here
# of layout, mask and shapes holds for every BERT; the numbers hold for this one. With `PROFILE = "full"`
# (bert-base-uncased) yours will differ from the text.
#
# **Parameters** are the numbers that a model has learned.

# %%
from stslib import load_bert

bert = load_bert(profile)
parameters = sum(p.numel() for p in bert.parameters())
print(f"{parameters:,} parameters, {bert.config.num_hidden_layers} layers")

# %%
one = tokenizer(first, second, return_tensors="pt")
with torch.no_grad():  # we only use the model and do not train it
    output = bert(**one)  # ** passes ids, segments and mask by their names
print(one["input_ids"].shape, "→", output.last_hidden_state.shape)

# %% [markdown]
# The shape reads: 1 input, 15 tokens, 384 numbers each. So **there is one vector for each
# token, and as many vectors as tokens went in**. The first one belongs to `[CLS]`:

# %%
cls_vector = output.last_hidden_state[0, 0]
print(cls_vector.shape, cls_vector[:4])

# %% [markdown]
# A token's vector depends on all the other tokens. The word *mouse* has one id, but it gets another vector in each
# sentence:


# %%
def vector_of(word, sentence):
    encoded = tokenizer(sentence, return_tensors="pt")
    place = tokenizer.convert_ids_to_tokens(encoded["input_ids"][0]).index(word)
    with torch.no_grad():
        return bert(**encoded).last_hidden_state[0, place]


# %%
from torch.nn.functional import cosine_similarity

animal = vector_of("mouse", "the mouse ate the cheese")
prey = vector_of("mouse", "the cat caught a mouse")
device = vector_of("mouse", "click with the left mouse button")
print(f"animal and animal: {cosine_similarity(animal, prey, dim=0):.2f}")
print(f"animal and device: {cosine_similarity(animal, device, dim=0):.2f}")

# %% [markdown]
# In this example the animal in one sentence is nearer to the animal in another than to the thing on the desk. This is
# what people mean by **contextual** vectors.

# %% [markdown]
# ## Padding without a mask
#
# What if the mask is forgotten? We fill the pair up to different lengths and watch two vectors: that of `[CLS]`, and
# the mean over all tokens, which lesson 00 used for a sentence. There are two places where padding must be masked:
# inside BERT, and in the mean.


# %%
def run_padded(length, mask_in_bert=True, mask_in_mean=True):
    """Return the [CLS] vector and the mean vector of the padded pair."""
    padded = tokenizer(
        first, second, padding="max_length", max_length=length, return_tensors="pt"
    )
    counted = padded["attention_mask"] if mask_in_mean else padded["input_ids"] >= 0
    if not mask_in_bert:
        padded["attention_mask"] = torch.ones_like(padded["attention_mask"])
    with torch.no_grad():
        vectors = bert(**padded).last_hidden_state[0]
    return vectors[0], vectors[counted[0].bool()].mean(dim=0)


true_cls, true_mean = run_padded(15)

# %% [markdown]
# 15 is the pair's own length, so `true_cls` and `true_mean` are the vectors without any padding. How near do the others
# stay?

# %%
rows = {}
for length in (15, 20, 32, 64, 128):
    cls, mean_b = run_padded(length, mask_in_bert=False)
    _, mean_m = run_padded(length, mask_in_mean=False)
    _, mean_both = run_padded(length, mask_in_bert=False, mask_in_mean=False)
    rows[length] = [
        float(cosine_similarity(cls, true_cls, dim=0)),
        *[
            float(cosine_similarity(m, true_mean, dim=0))
            for m in (mean_b, mean_m, mean_both)
        ],
    ]

# %%
columns = [
    "[CLS], BERT unmasked",
    "mean, BERT unmasked",
    "mean over padding",
    "mean, both mistakes",
]
moved = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
moved

# %%
import matplotlib.pyplot as plt

colours = [figures.GREEN, figures.BLUE, figures.ORANGE, figures.RED]
moved.plot(style=["o-", "s-", "x-", "d-"], color=colours)
plt.xlabel("padded to this many tokens")
plt.ylabel("cosine with the true vector")
plt.ylim(0, 1.05)
plt.title("Without the mask the sentence drifts away")
plt.show()

# %% [markdown]
# Read it from left to right: the more padding, the lower every line. At 32 tokens the cosine of the mean with the true
# mean is 0.92 when BERT read the padding, 0.79 when the mean counted it, and 0.66 with both mistakes. Same sentence,
# same model, and no error message. Even the *length of the other texts in the batch* would now change your scores.
#
# And with the mask in both places? Then padding changes nothing, up to the rounding of the computer. The cell is silent
# if that is so:

# %%
torch.testing.assert_close(run_padded(128), (true_cls, true_mean), atol=1e-4, rtol=1e-4)

# %% [markdown]
# ## Too long
#
# BERT has a place for 512 tokens and no more. **The next cell fails**: 600 words are too many. (`verbose=False` keeps
# the tokenizer from warning us, so that we see what BERT itself says.)

# %% tags=["raises-exception"]
long = tokenizer("word " * 600, return_tensors="pt", verbose=False)
bert(**long)

# %% [markdown]
# The usual remedy is `truncation=True`: cut off what does not fit. It is silent about it, so count. To see it happen,
# we allow only 12 tokens for our pair of 15:

# %%
from stslib import truncation

print(input_table(tokenizer, first, second, max_length=12)["token"].tolist())
print(truncation(tokenizer, first, second, max_length=12))

# %% [markdown]
# The longer sentence is cut first, then both in turn. Gone are *mouse* from the first sentence and *the cat* from the
# second: the words that say who was eaten, and by whom. How long are ordinary sentences?

# %%
from stslib import token_counts

sentences = [*dev["sentence1"], *dev["sentence2"]]
counts = token_counts(tokenizer, sentences)
per_word = sum(counts) / sum(len(sentence.split()) for sentence in sentences)
print(f"longest: {max(counts)} tokens; {per_word:.2f} tokens a word")

# %% [markdown]
# Nothing here comes near the limit. With 1.18 tokens a word, 512 tokens are about 430 words of plain English; technical
# texts need more tokens a word. The encoder of lesson 00 is set to stop earlier, at 256 tokens or about 215 words.

# %% [markdown]
# ## What [CLS] looks at
#
# In each layer every token gathers information from the others. How much it takes from
# each is a list of weights that add up to 1, the **attention**. Each layer computes twelve of these lists side by side
# (**heads**). We average over the heads and look at the list of the first token, `[CLS]`.

# %%
with torch.no_grad():
    attentions = bert(**one, output_attentions=True).attentions
print(
    len(attentions),
    "layers, each",
    tuple(attentions[0].shape),
    "= inputs, heads, from, to",
)

# %%
stacked = torch.stack(attentions)[:, 0]  # layer, head, from, to (of the one input)
from_cls = stacked.mean(dim=1)[:, 0]  # mean over heads; from token 0, which is [CLS]
torch.testing.assert_close(from_cls.sum(dim=1), torch.ones(len(attentions)))

# %%
layers = [f"layer {i}" for i in range(1, len(attentions) + 1)]
figures.draw_heatmap(
    from_cls, layers, tokens, "Where [CLS] takes its information from", "attention"
)

# %% [markdown]
# Read it row by row; each row adds up to 1. In the first layer `[CLS]` takes most from itself and from both `[SEP]`. In
# layers 2 to 5 it gives 0.90 or more to itself. In the last layer its own share falls to 0.29; of the words, *mouse*
# gets most, 0.12 in each sentence, while *the* and *by* get 0.03.
#
# This is one pair, averaged over twelve heads. It is tempting to call it an explanation of BERT's answer. It is not:
# attention shows where information *may* flow, not what is made of it.

# %% [markdown]
# ## Common mistakes
#
# > - **`tokenizer([a, b])` for a pair.** That is a batch of two. A pair is `tokenizer(a, b)`.
# > - **Averaging over padding.** Multiply by the mask first, and divide by the number of real tokens.
# > - **Not counting what truncation cuts off.** `truncation=True` is silent.
# > - **Another model's tokenizer.** The ids then stand for other pieces.
# > - **Stemming** (cutting words to their stems) **or other cutting by yourself.** BERT then sees pieces unlike those
# >   it was trained on.
# > - **Removing stop words** (*the, of, is*) **and punctuation** first, as for older methods. BERT was trained on
# >   whole sentences.

# %% [markdown]
# ## Exercises
#
# Replace the three dots or the line with `raise`, run the cell, then run the check below it.

# %% [markdown]
# ### Exercise 1: how many pieces?
#
# Find a word of the list `words` above that is cut into the most pieces (there may be several). Write a loop, or use
# `max(words, key=…)` with a function that counts the pieces of a word.

# %% tags=["exercise"]
most_pieces = ...

# %% tags=["check"]
lesson.check(
    most_pieces,
    (lambda a: a in words, "give one word of the list `words`, as text."),
    (
        lambda a: len(wordpiece(a)) == max(len(wordpiece(word)) for word in words),
        "there is a word with more pieces; try max(words, key=…).",
    ),
    done="Right. It was too rare to get a place in the vocabulary.",
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# most_pieces = max(words, key=lambda word: len(wordpiece(word)))
# ```
#
# </details>

# %% [markdown]
# ### Exercise 2: segment ids
#
# Write the function: from the number of tokens of two sentences, without the special ones, return the list of segment
# ids of the pair.


# %% tags=["exercise"]
def segment_ids(first_count, second_count):
    raise NotImplementedError


# %% tags=["check"]
lesson.check(
    segment_ids,
    (
        lambda f: len(f(5, 7)) == 15,
        "5 and 7 tokens and three special ones make 15 ids.",
    ),
    (
        lambda f: f(5, 7)[:7] == [0] * 7,
        "[CLS] and the first [SEP] belong to the first sentence.",
    ),
    (
        lambda f: f(2, 1) == [0, 0, 0, 0, 1, 1],
        "the second sentence and the last [SEP] have a 1.",
    ),
    (
        lambda f: f(5, 7) == tokenizer(first, second)["token_type_ids"],
        "compare with the tokenizer's own list.",
    ),
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# def segment_ids(first_count, second_count):
#     return [0] * (first_count + 2) + [1] * (second_count + 1)
# ```
#
# </details>

# %% [markdown]
# ### Exercise 3: the mean without padding
#
# Write the function that every sentence encoder needs: from token vectors of shape (inputs, tokens, numbers) and an
# attention mask of shape (inputs, tokens), return one mean vector for each input, padding left out.
#
# In words: multiply by the mask, add up, divide by how many ones there are. Two tools: `vectors.sum(dim=1)` adds along
# the tokens, and `mask[:, :, None]` has the shape (inputs, tokens, 1), so that `vectors * mask[:, :, None]` multiplies
# all numbers of a token by its 1 or 0.


# %% tags=["exercise"]
def masked_mean(vectors, mask):
    raise NotImplementedError


# %% tags=["check"]
none = [100.0, 100.0]  # a vector of padding
toy = torch.tensor([[[1.0, 2.0], [3.0, 4.0], none], [[5.0, 6.0], none, none]])
real = torch.tensor([[1, 1, 0], [1, 0, 0]])
lesson.check(
    masked_mean,
    (
        lambda f: f(toy, real).shape == (2, 2),
        "average over the tokens, dimension 1: one vector for each input.",
    ),
    (
        lambda f: torch.allclose(f(toy, real), torch.tensor([[2.0, 3.0], [5.0, 6.0]])),
        "leave padding out: use mask[:, :, None], divide each by its own ones.",
    ),
    (
        lambda f: torch.allclose(f(toy, torch.ones(2, 3)), toy.mean(dim=1)),
        "with a mask of ones it is the ordinary mean.",
    ),
    done="Right. Lesson 04 calls it mean pooling.",
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# def masked_mean(vectors, mask):
#     weights = mask[:, :, None]
#     return (vectors * weights).sum(dim=1) / weights.sum(dim=1)
# ```
#
# </details>

# %% [markdown]
# ## Quiz
#
# Choose an answer, then open it.

# %% [markdown]
# **1. `tokenizer(["I am late", "I missed the bus"])` gives…**
#
# <details><summary>A. one input with two segments.</summary>
#
# Not so. That would be `tokenizer("I am late", "I missed the bus")`, two arguments.
# </details>
# <details><summary>B. two inputs, which do not know of each other.</summary>
#
# Correct. A list is a batch. Each text gets its own [CLS] and [SEP].
# </details>
# <details><summary>C. an error.</summary>
#
# Not so. It works, which is what makes the mistake dangerous. Only as tensors would the unequal lengths be an error.
# </details>

# %% [markdown]
# **2. A pair has 20 tokens in all. What is the shape of BERT's output for it, with 384 numbers a vector?**
#
# <details><summary>A. (1, 384): one vector for the pair.</summary>
#
# Not so. BERT returns a vector for each token. One vector for all is made from these afterwards.
# </details>
# <details><summary>B. (2, 384): one for each sentence.</summary>
#
# Not so. To BERT the pair is one row of tokens.
# </details>
# <details><summary>C. (1, 20, 384): one for each token, special tokens included.</summary>
#
# Correct. The one at position 0 belongs to [CLS].
# </details>

# %% [markdown]
# **3. The same sentence gets another vector when it is in a batch with a longer one. What happened?**
#
# <details><summary>A. Padding was read as text: the mask was forgotten, or not used in the mean.</summary>
#
# Correct. With the mask the vector is the same, up to the rounding of the computer.
# </details>
# <details><summary>B. That is normal: BERT compares the sentences of a batch.</summary>
#
# Not so. The inputs of a batch know nothing of each other.
# </details>
# <details><summary>C. The sentence was truncated.</summary>
#
# Not so. Truncation depends on the sentence's own length only.
# </details>

# %% [markdown]
# ## Recap
#
# You can now
#
# - *cut* a word into tokens: the longest piece first, `##` for a continuation;
# - *lay out* a pair: `[CLS]` A `[SEP]` B `[SEP]`, segment 0 up to the first `[SEP]`, then 1;
# - *pad* and *mask*: the mask must go wherever padding goes;
# - *count* what truncation cuts off: `stslib.truncation`;
# - *read* the output: one vector a token, that of `[CLS]` first.
#
# **Key terms**: vocabulary, token, WordPiece, id, special token, segment id, attention mask, padding, batch,
# truncation, contextual vector, layer, head, attention.
#
# **Next**: how BERT learned all this, by guessing `[MASK]` and by telling which sentence follows which.
#
# **Sources**: Devlin and others (2019), *BERT*, arXiv:1810.04805, section 3 and figure 2. Wu and others (2016),
# arXiv:1609.08144, section 4.1, for WordPiece. Wang and others (2020), *MiniLM*, arXiv:2002.10957. Jain and Wallace
# (2019), *Attention is not Explanation*, arXiv:1902.10186.

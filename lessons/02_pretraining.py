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
# # 02 · How BERT learned: two games with text
#
# Nobody told BERT what a word means. It played two games on plain text, millions of times: guess the hidden word, and
# tell whether this passage follows that one. In this lesson you compute both losses by hand, and watch a BERT learn.

# %% [markdown]
# **You will be able to**
#
# - *hide* words for BERT by the 80/10/10 rule, and say which positions count;
# - *compute* the masked-language loss and the next-sentence loss by hand, equal to the library's;
# - *train* both heads on stories, and read a loss curve against chance;
# - *explain* why a model that is good at both games need not know which sentences mean the same.
#
# **You need** lessons 00 and 01. You will see a training loop in PyTorch; its main lines are explained. **Time**: about
# 40 minutes to read. All cells together take two minutes on a computer with two cores and no GPU (up to twice that
# where the processor has no fast 16-bit arithmetic).

# %% tags=["parameters"]
PROFILE = None  # "full": bert-base-uncased, which brings trained heads of its own

# %% tags=["nbval-ignore-output"]
from stslib import figures, lesson

profile = lesson.start(PROFILE)

# %%
figures.draw_course_map("02")

# %% [markdown]
# ## Two games
#
# **Pretraining** is what BERT went through before anybody used it. Two games were played at once, on passages of text:
#
# 1. **Masked language modelling**: some tokens are hidden. Which ones were they?
# 2. **Next-sentence prediction**: two passages A and B. Does B follow A in the text, or was it taken from elsewhere?
#
# Both games need no teacher: the text itself knows the answers. That is why BERT could learn from so much of it: about
# 3.3 billion words, from books (800 million) and from the English Wikipedia (2,500 million).
#
# We have 300 short stories instead, written for this course. Here is the one that we will work on by hand:

# %%
from stslib import load_stories

stories = load_stories()
learn, held_out = stories[:250], stories[250:]
story = held_out[0]
print(*story, sep="\n")

# %% [markdown]
# 250 stories are for learning. 50 are *held out*: the model never learns from them, so that they can tell whether it
# has learned anything that goes beyond its own stories.

# %% [markdown]
# ### Predict
#
# In the first game the model gives each of the 30,522 pieces of its vocabulary a probability. Its **loss** for a hidden
# token is −ln(probability of the right piece): 0 if it was certain and right, large if it was wrong. (`ln` is the
# natural logarithm.) Suppose the model knows nothing, and gives every piece the same probability. What is its loss?

# %%
my_guess = None

# %%
import math

lesson.settle(my_guess, math.log(30522), close=0.3)

# %% [markdown]
# With the same probability for all, each piece gets 1/30,522. The loss is −ln(1/30,522) = ln 30,522 = 10.3. Keep that
# number in mind: a loss near 10.3 means *no idea*.

# %% [markdown]
# ## Game 1 by hand: hide some words
#
# We take the first two sentences of the story as a pair: `[CLS]` A `[SEP]` B `[SEP]`, as in lesson 01. Both games are
# played on such pairs.

# %%
from stslib import load_tokenizer

tokenizer = load_tokenizer(profile)
passage = tokenizer(story[0], story[1], return_tensors="pt")
true_ids = passage.input_ids
tokens = tokenizer.convert_ids_to_tokens(true_ids[0])
print(len(tokens), "tokens:", *tokens)

# %% [markdown]
# BERT's rule has two steps. **First, choose 15 % of the tokens**, never `[CLS]`, `[SEP]` or padding. Of our 25 that
# would be about four; to keep it short, we take three:

# %%
chosen = [tokens.index(word) for word in ("doctor", "year", "hen")]
chosen

# %% [markdown]
# **Second, hide them**: 80 % of the chosen tokens become `[MASK]`, 10 % become a random token, and 10 % stay as they
# are. We do one of each: *doctor* becomes `[MASK]`, *year* becomes *purple*, *hen* stays.

# %%
read_ids = true_ids.clone()  # what BERT reads; the true ones stay as they are
read_ids[0, chosen[0]] = tokenizer.mask_token_id
read_ids[0, chosen[1]] = tokenizer.convert_tokens_to_ids("purple")

# %% [markdown]
# Why not always `[MASK]`? Because later, in use, there is no `[MASK]` in the text. A model that had to think at
# `[MASK]` only could be lazy everywhere else. Now it can never be sure that a word it reads is the right one.
#
# Last come the **labels**: the true id at each chosen place, and −100 everywhere else. −100 is a convention of PyTorch:
# *do not count this position*.

# %%
import torch

labels = torch.full_like(true_ids, -100)
labels[0, chosen] = true_ids[0, chosen]

# %%
import pandas as pd

table = pd.DataFrame(
    {
        "text": tokens,
        "BERT reads": tokenizer.convert_ids_to_tokens(read_ids[0]),
        "label": labels[0],
    }
)
table.iloc[[2, 3, 4, 10, 11, 12, 22, 23, 24]].T

# %% [markdown]
# These are the places around the three. Read the columns where the label is not −100. At *doctor* and *year* BERT reads
# something else than the text has. At *hen* it reads the right word, and must still say so.

# %% [markdown]
# ## The heads
#
# BERT itself gives back one vector a token (lesson 01). To turn it into guesses, a small network is put on top, a
# **head**. (It has nothing to do with the attention heads of lesson 01; the word is used for both.) There is one for
# each game:
#
# - the masked-language head: from the vector of a token to 30,522 numbers, one for each piece;
# - the next-sentence head: from the vector of `[CLS]` to two numbers, for *follows* and *does not follow*.
#
# Such numbers are called **logits**. The function `softmax` turns them into probabilities: positive, and 1 in sum.

# %%
from stslib.pretraining import load_pretraining_bert

bert = load_pretraining_bert(profile)
heads = sum(p.numel() for p in bert.cls.parameters())
shared = bert.bert.embeddings.word_embeddings.weight.numel()
print(f"heads: {heads:,} numbers; {shared:,} of them are BERT's own word vectors")

# %% [markdown]
# The masked-language head compares a vector with the vectors of all 30,522 pieces, and for these it uses BERT's table
# of word embeddings (lesson 01): 30,522 × 384 = 11,720,448 numbers. So only the rest of it is new. (Between `[CLS]` and
# the next-sentence head lies one more small layer, the *pooler*. The library counts it to BERT, so it is not in this
# sum.)
#
# The BERT of our course profile comes without heads: it learned from a larger model (lesson 01), and was then trained
# as a sentence encoder. Ours start from **random numbers**. That serves us well: we can watch them learn. (With
# `PROFILE = "full"` you get bert-base-uncased with the heads of its own pretraining.)

# %%
segments = passage.token_type_ids  # 0 for A, 1 for B
with torch.no_grad():
    output = bert(input_ids=read_ids, token_type_ids=segments)
print(output.prediction_logits.shape, output.seq_relationship_logits.shape)

# %% [markdown]
# 1 text, one row of 30,522 logits for every token. And two logits for the text as a whole.

# %% [markdown]
# ### The loss by hand
#
# At each chosen place: the logarithm of the probability that the model gave to the true token. The loss is the mean,
# with a minus in front.

# %%
log_probability = output.prediction_logits[0].log_softmax(dim=-1)
for place in chosen:
    print(f"{tokens[place]:8}{-log_probability[place, labels[0, place]]:.1f}")
masked_loss = -log_probability[chosen, labels[0, chosen]].mean()
print(f"mean    {masked_loss:.1f}")

# %% [markdown]
# Not far from 10.3, as expected from heads that know nothing; three tokens are few. The loss of the second game is
# computed in the same way from two logits. The label is 0 for *follows* and 1 for *does not* (BERT's convention). Our
# B does follow our A, so 0:

# %%
next_loss = -output.seq_relationship_logits[0].log_softmax(dim=-1)[0]
print(f"{next_loss:.2f}; tossing a coin has −ln(1/2) = {math.log(2):.2f}")

# %% [markdown]
# BERT's whole loss is simply the sum of the two. The library computes it when it gets labels. It must agree with us:

# %%
with torch.no_grad():
    library = bert(
        input_ids=read_ids, token_type_ids=segments,
        labels=labels, next_sentence_label=torch.tensor([0]),
    )  # fmt: skip
torch.testing.assert_close(library.loss, masked_loss + next_loss)

# %% [markdown]
# ### A label that is not −100
#
# −1 looks like a good sign for "no label", too. **The next cell fails**:

# %% tags=["raises-exception"]
wrong = labels.masked_fill(labels == -100, -1)
bert(input_ids=read_ids, labels=wrong, next_sentence_label=torch.tensor([0]))

# %% [markdown]
# −1 is taken for the number of a piece, and there is none. This mistake is at least loud. A quiet one is to give *0*
# instead of −100: 0 is the id of `[PAD]`, and the model would learn to guess `[PAD]` nearly everywhere.

# %% [markdown]
# ## Hiding words, as a function
#
# The same for a whole batch, with dice instead of our three choices. `torch.where(a, b, c)` takes `b` where `a` is true
# and `c` elsewhere.


# %%
def mask_tokens(ids, generator):
    special = torch.isin(ids, torch.tensor(tokenizer.all_special_ids))
    chosen = (torch.rand(ids.shape, generator=generator) < 0.15) & ~special
    labels = ids.masked_fill(~chosen, -100)
    dice = torch.rand(ids.shape, generator=generator)
    random = torch.randint(len(tokenizer), ids.shape, generator=generator)
    read = torch.where(chosen & (dice < 0.8), tokenizer.mask_token_id, ids)
    read = torch.where(chosen & (dice >= 0.9), random, read)
    return read, labels


# %% [markdown]
# `stslib.pretraining` has the same function. With the same dice it must do the same. And the library `transformers` has
# its own, with other dice: there we compare the shares, on all stories at once. (`seeded` makes dice that always fall
# the same way: the *seed* is the number from which all random numbers are made.)

# %%
from stslib import pretraining

batch = tokenizer([" ".join(s) for s in stories], padding=True, return_tensors="pt")
seeded = torch.Generator().manual_seed
read, labels = mask_tokens(batch.input_ids, seeded(1))
theirs = pretraining.mask_tokens(batch.input_ids, tokenizer, seeded(1))
assert torch.equal(read, theirs[0]) and torch.equal(labels, theirs[1])

# %%
from transformers import DataCollatorForLanguageModeling


# %%
def shares(read, labels):
    counted = labels != -100
    words = ~torch.isin(batch.input_ids, torch.tensor(tokenizer.all_special_ids))
    masked = read[counted] == tokenizer.mask_token_id
    same = read[counted] == labels[counted]
    return [round(float(x), 2) for x in (
        counted.sum() / words.sum(), masked.float().mean(), same.float().mean()
    )]  # fmt: skip


collator = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)
reference = collator([{"input_ids": ids} for ids in batch.input_ids])
print("ours:   ", shares(read, labels))
print("library:", shares(reference["input_ids"], reference["labels"]))

# %% [markdown]
# 15 % chosen, 80 % of these masked, 10 % unchanged, in both.

# %% [markdown]
# ## Learning game 1
#
# First a look at one batch, as the model will get it.

# %%
small = tokenizer([" ".join(s) for s in learn[:8]], padding=True, return_tensors="pt")
read, labels = mask_tokens(small.input_ids, seeded(2))
print(tuple(read.shape), "= stories, tokens")
print(f"padding: {(small.attention_mask == 0).float().mean():.0%} of the batch")
print(f"positions that count: {(labels != -100).sum()}")
print(tokenizer.decode(read[0][small.attention_mask[0] == 1]))
print(learn[0][0])

# %% [markdown]
# `[MASK]` is easy to see. Words that make no sense where they stand are the random tokens, the 10 %; one that begins
# with `##` is joined to what stands before it. The tokens that were chosen but left alone cannot be seen.
#
# Now the loss of a batch. It is the one you computed by hand; `cross_entropy` is PyTorch's name for it. To save time
# the head is used at the chosen places only.

# %%
from torch.nn.functional import cross_entropy

from stslib import device


def masked_language_loss(model, texts, generator):
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    read, labels = mask_tokens(inputs.input_ids, generator)
    read, labels = read.to(model.device), labels.to(model.device)
    mask = inputs.attention_mask.to(model.device)
    vectors = model.bert(read, attention_mask=mask).last_hidden_state
    logits = model.cls.predictions(vectors[labels != -100])
    return cross_entropy(logits.float(), labels[labels != -100])


# %% [markdown]
# And the **training loop**. For each batch: compute the loss; ask PyTorch in which direction every number of the model
# would have to change to make the loss smaller (`backward`); take a small step in that direction (`step`). The size of
# the step is set by the **learning rate**. The heads start from nothing, and take larger steps than BERT itself, which
# knows a lot already. At first the rates rise (*warm-up*), later they fall to zero. The steps are taken by an
# *optimizer*; `AdamW` is the usual one.

# %%
from stslib.precision import mixed_precision


def one_step(model, loss_of, batch, optimizer, schedule):
    # 16-bit numbers where the machine is fast with them, else 32 bits
    with mixed_precision(model.device.type):
        loss = loss_of(model, batch)
    optimizer.zero_grad()  # forget the directions of the step before
    loss.backward()
    optimizer.step()
    schedule.step()
    return loss.item()


# %% [markdown]
# `watch` is called five times on the way, so that we can look at the model while it learns. (`model.train()` would
# usually come before the loop: it switches *dropout* on, which lesson 05 explains. Ours was loaded without any.)

# %%
from transformers import get_linear_schedule_with_warmup

from stslib.progress import bar


# %%
def train(model, batches, loss_of, *, body_rate, head_rate, watch):
    named = list(model.named_parameters())
    in_body = ("bert.embeddings", "bert.encoder")
    body = [p for name, p in named if name.startswith(in_body)]
    heads = [p for name, p in named if not name.startswith(in_body)]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": body_rate}, {"params": heads, "lr": head_rate}],
        fused=True,
    )
    warm_up = round(0.1 * len(batches))
    schedule = get_linear_schedule_with_warmup(optimizer, warm_up, len(batches))
    losses, quarter = [], math.ceil(len(batches) / 4)
    for step, batch in enumerate(bar(batches, "train", show=True)):
        if step % quarter == 0:
            watch(step)
        losses.append(one_step(model, loss_of, batch, optimizer, schedule))
    watch(len(batches))
    return losses


# %% [markdown]
# What do we look at? The loss on the 50 held-out stories, always with the same words hidden. And the model's best
# guesses for five gaps:

# %%
gaps = [
    "She opened the [MASK] and walked in.",
    "It was raining, so she took her [MASK].",
    "He sat down and wrote a [MASK].",
    "The dog [MASK] at the stranger.",
    "The cat ate the [MASK].",
]


@torch.no_grad()
def best_guesses(model, gap, count=4):
    inputs = tokenizer(gap, return_tensors="pt").to(model.device)
    place = inputs.input_ids[0].tolist().index(tokenizer.mask_token_id)
    top = model(**inputs).prediction_logits[0, place].topk(count).indices
    return " ".join(tokenizer.convert_ids_to_tokens(top.tolist()))


# %%
held_out_texts = [" ".join(s) for s in held_out]


@torch.no_grad()
def held_out_loss(model):
    return masked_language_loss(model, held_out_texts, seeded(3)).item()


# %% [markdown]
# **The cost**: five times through the 250 stories, in batches of 8; about one minute on two CPU cores, seconds on a
# GPU. An **epoch** is one time through all of them. `randperm(250)` puts the numbers from 0 to 249 into random order,
# and `split(8)` cuts them into eights. The rate 5e-4 (0.0005) is a large one for BERT: we have a minute only. (With
# `PROFILE = "full"` the heads can play both games already, and steps of this size do them harm: there, look at the
# guesses *before* the training.)

# %%
texts = [" ".join(s) for s in learn]
batches = [
    [texts[i] for i in places]
    for epoch in range(5)
    for places in torch.randperm(len(texts), generator=seeded(epoch)).split(8)
]
len(batches)

# %% tags=["nbval-ignore-output"]
model = load_pretraining_bert(profile).to(device())
dice, held, guesses = seeded(13), {}, {}


def watch(step):
    held[step] = held_out_loss(model)
    guesses[step] = [best_guesses(model, gap) for gap in gaps]


losses = train(
    model, batches, lambda m, b: masked_language_loss(m, b, dice),
    body_rate=5e-4, head_rate=2e-3, watch=watch,
)  # fmt: skip
pd.DataFrame(guesses, index=gaps)

# %% [markdown]
# Read a line from left to right; the headings count the steps. Before learning the guesses are noise. Then come, at
# once, the most frequent tokens of the stories, whatever the sentence. Only later does the sentence begin to matter:
# nouns after *the*, verbs after *The dog*. Whether the noun goes with the verb is still a matter of luck. More cannot
# be hoped for after a minute and 250 stories.
#
# The loss tells the same story:

# %% tags=["nbval-ignore-output"]
import matplotlib.pyplot as plt

smooth = pd.Series(losses).rolling(10, min_periods=1).mean()
plt.plot(smooth, color=figures.BLUE, label="stories it learns from (mean of 10 steps)")
plt.plot(
    held.keys(), held.values(), "o-", color=figures.ORANGE, label="held-out stories"
)
plt.axhline(math.log(30522), color=figures.GREY, ls="--", label="no idea: ln 30,522")
plt.xlabel("step")
plt.ylabel("masked-language loss")
plt.ylim(0)
plt.legend(loc="lower left")
plt.title("The loss falls fast, then slowly")
plt.show()

# %% tags=["nbval-ignore-output"]
before, after = held[0], held[len(batches)]
print(f"held-out loss: {before:.2f} before, {after:.2f} after")
print(f"typical probability of the right piece, exp(-loss): {math.exp(-after):.4f}")
print(f"without any idea: {1 / 30522:.6f}")

# %%
if profile.name == "course":  # what this section says must hold on your machine, too
    assert before > 10 and after < 5.5

# %% [markdown]
# Read the plot from the left. In the first twenty steps the loss drops from 10.8 (a little worse than no idea: random
# heads are sure of nonsense) to 6.4. That much comes from learning which words are frequent. It stays there for a
# while, and then falls slowly: now the words around the gap begin to count. In the end the model gives the right piece
# a probability of about 0.01 (exp of minus the mean loss, a kind of mean over all gaps): three hundred times as much as
# without any idea, and far from knowing.
#
# Which words were hardest?

# %% tags=["nbval-ignore-output"]
from collections import Counter

with torch.no_grad():
    inputs = tokenizer(held_out_texts, padding=True, return_tensors="pt")
    read, labels = mask_tokens(inputs.input_ids, seeded(3))
    mask = inputs.attention_mask.to(model.device)
    vectors = model.bert(read.to(model.device), attention_mask=mask).last_hidden_state
    logits = model.cls.predictions(vectors[labels != -100]).cpu()
each = cross_entropy(logits, labels[labels != -100], reduction="none")
worst = each.topk(5).indices
words = tokenizer.convert_ids_to_tokens(labels[labels != -100][worst])
count = Counter(token for text in texts for token in tokenizer.tokenize(text))
for word, i in zip(words, worst):
    print(f"{word:10} loss {each[i]:.1f}, in the 250 stories: {count[word]}")

# %% [markdown]
# Words that it has hardly ever seen, if at all, in the stories that it learned from. Many of them a human reader could
# not guess either: a loss of 0 is out of reach for anybody.

# %% [markdown]
# ## Learning game 2
#
# For the second game a story is cut: A, up to two sentences, and B, the next ones. In half of the cases B is then
# replaced by sentences of another story. This is what `stslib.pretraining.next_sentence_pairs` does:

# %%
from stslib.pretraining import next_sentence_pairs

learn_pairs = next_sentence_pairs(learn, each=8, seed=13)
test_pairs = next_sentence_pairs(held_out, each=4, seed=14)
for first, second, label in test_pairs[:4]:
    print(["follows:", "does not:"][label], first, "|", second)

# %% [markdown]
# Could you have told? Look for what gives it away. Mostly it is the topic.
#
# The real BERT played both games on the same passages and added the losses. We take a fresh model and let it play the
# second game alone, so that you see what this game teaches by itself.


# %%
def next_sentence_logits(model, pairs):
    first, second, _ = zip(*pairs)
    inputs = tokenizer(list(first), list(second), padding=True, return_tensors="pt")
    vectors = model.bert(**inputs.to(model.device))
    return model.cls.seq_relationship(vectors.pooler_output).float()


def next_sentence_loss(model, pairs):
    labels = torch.tensor([label for _, _, label in pairs], device=model.device)
    return cross_entropy(next_sentence_logits(model, pairs), labels)


# %% [markdown]
# `pooler_output` is the vector of `[CLS]` after the pooler.


# %%
@torch.no_grad()
def says_follows(model, pairs):
    parts = [pairs[i : i + 50] for i in range(0, len(pairs), 50)]
    with mixed_precision(model.device.type):
        logits = torch.cat([next_sentence_logits(model, part) for part in parts])
    return (logits.argmax(dim=-1) == 0).cpu()


# %%
from scipy.stats import binomtest

follows = torch.tensor([label == 0 for _, _, label in test_pairs])


def accuracy(model):
    right = int((says_follows(model, test_pairs) == follows).sum())
    interval = binomtest(right, len(follows)).proportion_ci(method="wilson")
    return right / len(follows), interval.low, interval.high


# %% [markdown]
# **The cost**: 2,000 pairs, once; less than a minute on two CPU cores. BERT's rate is a tenth of that in game 1.

# %% tags=["nbval-ignore-output"]
next_model, marks = load_pretraining_bert(profile).to(device()), {}
batches = [
    [learn_pairs[i] for i in places]
    for places in torch.randperm(len(learn_pairs), generator=seeded(0)).split(16)
]
train(
    next_model, batches, next_sentence_loss, body_rate=5e-5, head_rate=3e-3,
    watch=lambda step: marks.update({step: accuracy(next_model)}),
)  # fmt: skip
pd.DataFrame(marks, index=["right", "from", "to"]).T

# %% tags=["nbval-ignore-output"]
right, low, high = (list(column) for column in zip(*marks.values()))
plt.fill_between(marks.keys(), low, high, color=figures.BLUE, alpha=0.2, lw=0)
plt.plot(marks.keys(), right, "o-", color=figures.BLUE, label="held-out pairs")
plt.axhline(0.5, color=figures.GREY, ls="--", label="chance")
plt.xlabel("step")
plt.ylabel("share of right answers")
plt.ylim(0.3, 0.9)
plt.legend(loc="upper left")
plt.title("Does B follow A? Better than chance, far from sure")
plt.show()

# %%
if profile.name == "course":
    assert marks[len(batches)][0] > 0.55

# %% [markdown]
# The blue line starts at chance and ends above it. The band is the 95 % interval: where it lies wholly above the dashed
# line, luck is no good explanation. (It is a little too narrow: pairs of one story are not quite independent. The real
# BERT reached 97 to 98 % on its own, longer passages.)

# %% [markdown]
# ### What has it learned?
#
# If it understood how a story runs, it should notice when A and B change places. The pairs below are all two
# neighbouring parts of one story. In the second line they stand in the wrong order:

# %% tags=["nbval-ignore-output"]
real = [pair for pair in test_pairs if pair[2] == 0]
swapped = [(second, first, 1) for first, second, _ in real]
said = {}
for order, pairs in (("right", real), ("wrong", swapped)):
    said[order] = says_follows(next_model, pairs)
    share = said[order].float().mean()
    print(f"{order} order: 'follows' in {share:.0%} of {len(pairs)} pairs")

# %% [markdown]
# Is the difference more than chance? Only those pairs can tell for which it says something else in the two orders. If
# order meant nothing to it, each of them would be like the toss of a coin:

# %% tags=["nbval-ignore-output"]
differs = said["right"] != said["wrong"]
for_right = int((said["right"] & differs).sum())
p = binomtest(for_right, int(differs.sum())).pvalue if differs.any() else 1.0
print(f"{int(differs.sum())} pairs differ, {for_right} in favour of the right order")
print(f"coins would do that or more in {p:.0%} of all cases")

# %% [markdown]
# It says *follows* nearly as often, and coins could easily give the same difference. Nothing in the game asked for
# more. The wrong pairs came from other stories, so the topic was enough. That is a known weakness of the game itself:
# RoBERTa (2019) left it out and lost nothing, and ALBERT (2020) replaced it by just this question, which of two
# passages comes first.

# %% [markdown]
# ## Why neither game is the STS task
#
# Our question is whether two sentences *mean the same*. How well does a BERT answer it after each game? Here is a small
# test on the 400 dev pairs of lesson 00. The vector of a sentence is the mean of its token vectors, and **Spearman's
# rank correlation** says how well the cosines put the pairs into the order of the judgements: 1 for exactly the same
# order, 0 for no relation. (Lesson 03 takes it apart.)

# %%
import numpy as np

from stslib import load_pairs
from stslib.metrics import spearman
from stslib.pooling import layer_vectors

dev = load_pairs(profile.pairs, "dev")


def cosines(body):
    vectors = layer_vectors(body, tokenizer, [*dev["sentence1"], *dev["sentence2"]])[-1]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    first, second = np.split(vectors, 2)
    return (first * second).sum(axis=1)


# %% tags=["nbval-ignore-output"]
scores = {
    "before": cosines(load_pretraining_bert(profile).bert.to(device())),
    "after game 1": cosines(model.bert.eval()),
    "after game 2": cosines(next_model.bert.eval()),
}
quality = {when: spearman(cosine, dev["score"]) for when, cosine in scores.items()}
pd.Series(quality, name="Spearman, dev")

# %% [markdown]
# How sure are the two differences? `bootstrap` draws the 400 pairs anew a thousand times, with replacement, and gives
# the range in which 95 % of the differences lie (lesson 00 did the same for the border):

# %%
from stslib.metrics import bootstrap


# %%
def change(after, before, judged):
    return spearman(after, judged) - spearman(before, judged)


# %% tags=["nbval-ignore-output"]
for when in ("after game 1", "after game 2"):
    low, high = bootstrap(change, scores[when], scores["before"], dev["score"])
    print(f"{when}: {change(scores[when], scores['before'], dev['score']):+.3f}"
          f" ({low:+.3f} to {high:+.3f})")  # fmt: skip

# %%
if profile.name == "course":
    assert quality["before"] > max(quality["after game 1"], quality["after game 2"])

# %% [markdown]
# Both games made it **worse**; neither interval reaches 0. Take care with what that means. Do not compare the two: in
# game 1 BERT's steps were ten times as large as in game 2. And each game was trained once: the intervals say how much
# the choice of pairs matters, not what another training run would give.
#
# The BERT of the course profile had been trained for similarity before, and any other training pulls it away from that.
# It does not mean that guessing words is useless: without that game there would be no BERT to train. It means that the
# games ask something else:
#
# - *the cat ate the mouse* and *the cat ate the cheese* both fit `the cat ate the [MASK]`. For game 1 the two words are
#   neighbours; for us the sentences differ.
# - *the king ate the cake* followed by *then he fell asleep* is a perfect answer in game 2, and no paraphrase at all.
#
# So BERT brings the language. What *similar* is to mean, it has to be taught, with pairs that somebody has judged. That
# is what the rest of the course is about.

# %% [markdown]
# ### What it cost to train the real one
#
# bert-base: 12 layers, 110 million parameters; a million steps of 256 sequences, nine in ten of them of 128 tokens, the
# others of 512: some 43 billion tokens, from 3.3 billion words; four days on 16 TPU chips. (The paper's "40 epochs"
# counts 512 tokens in every step.) You just did 160 steps of 8 short stories. That is why everybody starts from a BERT
# that somebody else has pretrained.

# %% [markdown]
# ## Common mistakes
#
# > - **0 instead of −100 in the labels.** The model then learns to guess `[PAD]`.
# > - **Masking `[CLS]`, `[SEP]` or padding.** They are not words.
# > - **Masking once and for all.** Hide other words in every epoch, or the model learns the gaps by heart.
# > - **Asking a sentence encoder to fill in gaps.** It has no head for that; a new one is random, and the library says
# >   so in a warning that is easily overlooked.
# > - **Taking the next-sentence output for a similarity.** It was asked about something else.
# > - **Judging by the training loss alone.** Held-out text tells what was learned beyond the training text.

# %% [markdown]
# ## Exercises
#
# Replace the three dots or the line with `raise`, run the cell, then run the check below it.

# %% [markdown]
# ### Exercise 1: from loss to probability
#
# A model has a loss of 4.6 for a hidden word. Which probability did it give to the right piece? (`math.exp` undoes
# `math.log`.)

# %% tags=["exercise"]
probability = ...

# %% tags=["check"]
lesson.check(
    probability,
    (lambda p: 0 < p < 1, "a probability lies between 0 and 1; mind the minus."),
    (lambda p: abs(p - math.exp(-4.6)) < 1e-3, "loss = −ln(p), so p = exp(−loss)."),
    done="Right, about 1 in 100.",
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# probability = math.exp(-4.6)
# ```
#
# </details>

# %% [markdown]
# ### Exercise 2: how often is the right piece the best guess?
#
# Write the function: from logits of shape (positions, pieces) and labels of shape (positions), return the share of
# right guesses among the positions that count.


# %% tags=["exercise"]
def share_right(logits, labels):
    raise NotImplementedError


# %% tags=["check"]
toy = torch.tensor([[0.0, 2.0, 1.0], [5.0, 0.0, 0.0], [0.0, 0.0, 3.0], [1.0, 0.0, 0.0]])
lesson.check(
    share_right,
    (
        lambda f: float(f(toy, torch.tensor([1, 0, 2, 0]))) == 1.0,
        "the guess is the piece with the largest logit: logits.argmax(dim=-1).",
    ),
    (
        lambda f: float(f(toy, torch.tensor([1, 2, -100, -100]))) == 0.5,
        "leave out the positions with label −100, above and below the line.",
    ),
    (
        lambda f: abs(float(f(toy, torch.tensor([1, 0, 2, 1]))) - 0.75) < 1e-6,
        "0 is a piece like any other: only −100 is left out.",
    ),
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# def share_right(logits, labels):
#     counted = labels != -100
#     return (logits.argmax(dim=-1) == labels)[counted].float().mean()
# ```
#
# </details>

# %% [markdown]
# ### Exercise 3: which of the two comes first?
#
# Make the game of ALBERT. From a story (a list of sentences), return a list of `(first, second, label)`: each pair of
# neighbouring sentences twice, once in the right order with label 0, once swapped with label 1.


# %% tags=["exercise"]
def order_pairs(story):
    raise NotImplementedError


# %% tags=["check"]
lesson.check(
    order_pairs,
    (lambda f: len(f(["a", "b", "c"])) == 4, "three sentences: two pairs, twice each."),
    (lambda f: ("a", "b", 0) in f(["a", "b", "c"]), "label 0: in the story's order."),
    (lambda f: ("b", "a", 1) in f(["a", "b", "c"]), "label 1: swapped."),
    (lambda f: ("a", "c", 0) not in f(["a", "b", "c"]), "neighbours only."),
    (
        lambda f: {("b", "c", 0), ("c", "b", 1)} < {*map(tuple, f(["a", "b", "c"]))},
        "every two neighbours, also the last ones.",
    ),
    done="Right. To see whether a BERT can learn it, train on it as above.",
)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# def order_pairs(story):
#     pairs = list(zip(story, story[1:]))
#     return [(a, b, 0) for a, b in pairs] + [(b, a, 1) for a, b in pairs]
# ```
#
# </details>

# %% [markdown]
# ## Quiz
#
# Choose an answer, then open it.

# %% [markdown]
# **1. A passage has 100 tokens, special ones not counted. How many count in the masked-language loss, on average?**
#
# <details><summary>A. 100: every token is predicted.</summary>
#
# Not so. Only the chosen tokens have a label other than −100.
# </details>
# <details><summary>B. 12: those that became [MASK].</summary>
#
# Not so. Chosen tokens count even where they were replaced by a random token or left as they are.
# </details>
# <details><summary>C. 15: all chosen ones.</summary>
#
# Correct. About 12 of them are masked, 1 or 2 random, 1 or 2 unchanged, and all of them count.
# </details>

# %% [markdown]
# **2. A fresh masked-language head has a loss not far from 10.3. Why just that?**
#
# <details><summary>A. It favours no piece for a good reason.</summary>
#
# Correct. With 1/30,522 for each piece the loss would be ln 30,522 = 10.3. Ours began at 10.8, since random preferences
# are a little worse than none.
# </details>
# <details><summary>B. It is the loss of guessing "the" each time.</summary>
#
# Not so. Always being sure of "the" would cost far more than 10 wherever another word was hidden.
# </details>
# <details><summary>C. It is set so by the library.</summary>
#
# Not so. It follows from the size of the vocabulary; a BERT with another vocabulary starts elsewhere.
# </details>

# %% [markdown]
# **3. Why do we not use the next-sentence head to label our pairs?**
#
# <details><summary>A. It reads only one sentence.</summary>
#
# Not so. It reads a pair, with both segments.
# </details>
# <details><summary>B. It was asked whether B may follow A, which a paraphrase hardly ever does.</summary>
#
# Correct. Texts do not say everything twice. A head answers the question that it was trained on.
# </details>
# <details><summary>C. It is too slow.</summary>
#
# Not so. It costs as much as any other head on a pair; lesson 05 trains one of that kind for our question.
# </details>

# %% [markdown]
# ## Recap
#
# You can now
#
# - *hide* words: 15 % chosen; of these 80 % `[MASK]`, 10 % random, 10 % unchanged; all others have the label −100;
# - *compute* both losses: −ln of the probability of the right answer, averaged over what counts, then added up;
# - *train* heads: compute the loss, `backward`, `step`; and compare the loss with ln 30,522, the accuracy with 1/2;
# - *explain* why neither game is our task: words that fit the same gap, and sentences that follow each other, need not
#   mean the same.
#
# **Key terms**: pretraining, masked language modelling, next-sentence prediction, head, logits, softmax, loss,
# training loop, learning rate, warm-up, epoch, held out, chance.
#
# **Next**: what exactly *similar* means, who decides it, and how a method is measured against it.
#
# **Sources**: Devlin and others (2019), *BERT*, arXiv:1810.04805, section 3.1 and appendix A. Liu and others (2019),
# *RoBERTa*, arXiv:1907.11692, section 4.2. Lan and others (2020), *ALBERT*, arXiv:1909.11942, section 3.1.

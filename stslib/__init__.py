"""Semantic textual similarity with BERT: the helpers of the course.

Importing this package is light: torch, transformers and pandas are loaded by the
functions that need them.
"""

from stslib.data import (
    load_answers,
    load_benchmark,
    load_contrasts,
    load_pairs,
    load_questions,
    load_seed,
    load_stories,
    read_pairs,
)
from stslib.errors import StsError
from stslib.hygiene import conflicting_duplicates, leak_free, overlap
from stslib.inputs import batch_table, input_table, special_tokens, token_counts, truncation
from stslib.labelling import label_file
from stslib.models import device, load_bert, load_encoder, load_tokenizer
from stslib.profiles import Profile, profile
from stslib.randomness import SEED, seed_everything
from stslib.saved import load_saved
from stslib.similarity import label_pairs, pair_scores, similarity
from stslib.threshold import SAME_MEANING, Threshold, fit_threshold

__all__ = [
    "SAME_MEANING",
    "SEED",
    "Profile",
    "StsError",
    "Threshold",
    "batch_table",
    "conflicting_duplicates",
    "device",
    "fit_threshold",
    "input_table",
    "label_file",
    "label_pairs",
    "leak_free",
    "load_answers",
    "load_benchmark",
    "load_bert",
    "load_contrasts",
    "load_encoder",
    "load_pairs",
    "load_questions",
    "load_saved",
    "load_seed",
    "load_stories",
    "load_tokenizer",
    "overlap",
    "pair_scores",
    "profile",
    "read_pairs",
    "seed_everything",
    "similarity",
    "special_tokens",
    "token_counts",
    "truncation",
]

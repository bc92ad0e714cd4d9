"""What the tests share: a stand-in encoder, a local Hub cache, a network that is watched."""

import hashlib
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stslib
from stslib import Profile
from stslib.weights import bundled_weights

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def tokenizer():
    return stslib.load_tokenizer()


@pytest.fixture(scope="session")
def encoder():
    return stslib.load_encoder()


class StandInEncoder:
    """Unit vectors from a digest of the text: deterministic, fast, and counted."""

    max_seq_length = 16

    def get_embedding_dimension(self):
        return 32

    def __init__(self, tokenizer, stop_after=None):
        self.tokenizer = tokenizer
        self.stop_after = stop_after
        self.encoded = []

    def encode(self, texts, *, normalize_embeddings, show_progress_bar):
        assert normalize_embeddings
        if self.stop_after is not None and len(self.encoded) >= self.stop_after:
            raise KeyboardInterrupt
        self.encoded += texts
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        vectors = np.array([list(digest) for digest in digests], dtype=np.float32) - 127.5
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def stand_in(tokenizer):
    return StandInEncoder(tokenizer)


@pytest.fixture
def border():
    return stslib.Threshold(0.0, -0.1, 0.1, "accuracy", 1.0, 4, 2, model="stand-in", source="made up")


@pytest.fixture(scope="session")
def hub_cache(tmp_path_factory):
    """Build a Hub cache with the repositories of the full profile: tiny random weights, a few rows."""
    import torch
    from transformers import BertConfig, BertModel

    cache = tmp_path_factory.mktemp("hub")
    torch.manual_seed(0)
    config = BertConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=12, intermediate_size=48)

    def repository(kind, name):
        folder = cache / f"{kind}s--{name.replace('/', '--')}"
        commit = "0" * 40
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text(commit)
        (folder / "snapshots" / commit).mkdir(parents=True)
        return folder / "snapshots" / commit

    for name in ("google-bert/bert-base-uncased", "sentence-transformers/all-MiniLM-L6-v2"):
        folder = repository("model", name)
        BertModel(config).save_pretrained(folder)
        for file in ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            shutil.copy(bundled_weights() / file, folder)
    for file in ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"):
        shutil.copy(bundled_weights() / file, folder)
    (folder / "1_Pooling").mkdir()
    pooling = (bundled_weights() / "1_Pooling" / "config.json").read_text().replace("384", "24")
    (folder / "1_Pooling" / "config.json").write_text(pooling)

    rows = pd.DataFrame(
        {
            "sentence1": ["A man plays.", "It rains.", "A dog runs fast.", "She reads a book."],
            "sentence2": ["A man sings.", "The sun shines.", "A dog is running.", "Prices rose."],
            "score": [0.4, 0.2, 0.9, 0.0],
        }
    )
    folder = repository("dataset", "sentence-transformers/stsb") / "data"
    folder.mkdir()
    for split in ("train", "validation", "test"):
        rows.to_parquet(folder / f"{split}-00000-of-00001.parquet", index=False)
    folder = repository("dataset", "PhilipMay/stsb_multi_mt") / "de"
    folder.mkdir()
    german = rows.rename(columns={"score": "similarity_score"}).assign(similarity_score=[2.0, 1.0, 4.5, 0.0])
    german.to_parquet(folder / "dev-00000-of-00001.parquet", index=False)
    return cache


@pytest.fixture(scope="session")
def tiny(hub_cache):
    """Return a profile whose BERT has tiny random weights."""
    (folder,) = hub_cache.glob("models--google-bert--*/snapshots/*")
    return Profile("tiny", bert=str(folder), encoder="none", pairs="course")


@pytest.fixture
def python(tmp_path):
    """Run Python code in a fresh process; `watched` forbids every network connection and counts the tries."""

    def run(code, *, watched=False, **environment):
        env = {**os.environ, **environment}
        if watched:
            (tmp_path / "watch").mkdir(exist_ok=True)
            (tmp_path / "watch" / "sitecustomize.py").write_text(
                textwrap.dedent(
                    """
                    import atexit, socket, sys
                    tries = []
                    def refuse(*arguments, **options):
                        tries.append(str(arguments[-2:]))
                        raise OSError("no network in this test")
                    socket.socket.connect = socket.socket.connect_ex = refuse
                    socket.getaddrinfo = socket.create_connection = socket.gethostbyname = refuse
                    atexit.register(lambda: tries and print("NETWORK", tries, file=sys.stderr))
                    """
                )
            )
            env["PYTHONPATH"] = str(tmp_path / "watch")
        return subprocess.run(
            [sys.executable, *(code if isinstance(code, list) else ["-c", textwrap.dedent(code)])],
            capture_output=True, text=True, env=env, cwd=tmp_path, timeout=120, check=False,
        )  # fmt: skip

    return run

"""Seeds, in one place."""

SEED = 13


def seed_everything(seed: int = SEED) -> None:
    """Seed Python's, numpy's and torch's generators (CPU and GPU)."""
    from transformers import set_seed

    set_seed(seed)

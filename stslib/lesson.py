"""What every lesson needs: its first cell, checks of exercises, and bets on a number."""

from __future__ import annotations

import os
import sysconfig
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from stslib.doctor import version_of
from stslib.models import device
from stslib.profiles import Profile, profile
from stslib.randomness import seed_everything

Test = tuple[Callable[[Any], bool], str]


def start(profile_name: str | None = None) -> Profile:
    """Make a lesson ready: profile, seeds, style of plots and tables; print what is in use.

    Args:
        profile_name: ``"course"``, ``"full"``, or None for what ``STS_PROFILE`` says.

    Returns:
        The profile, which holds from here on, for commands called from the notebook too.
    """
    import pandas as pd

    from stslib.figures import use_style

    chosen = profile(profile_name)
    os.environ["STS_PROFILE"] = chosen.name
    # `!stslib` works in a kernel whose environment nobody activated, too.
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    # Without ipywidgets progress bars are plain text, which serves; no need to tell a learner.
    warnings.filterwarnings("ignore", message="IProgress not found")
    seed_everything()
    use_style()
    pd.options.display.precision = 3
    pd.options.display.max_colwidth = 90
    packages = ("torch", "transformers", "sentence-transformers")
    print(f"profile: {chosen.name} · device: {device()}")
    print(" · ".join(f"{name} {version_of(name)}" for name in packages))
    return chosen


def check(answer: object, *tests: Test, done: str = "Right.") -> None:
    """Print whether an exercise is solved, and a hint where it is not; never raise.

    Args:
        answer: the learner's value or function; ``...`` (the stub) means not answered yet.
        tests: in order, a condition on the answer and the hint that is shown when it fails.
        done: what to say in the end.
    """
    if answer is ...:
        print("Not answered yet: replace the three dots above, run that cell, then this one.")
        return
    for condition, hint in tests:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                passed = bool(condition(answer))
        except NotImplementedError:
            print("Not answered yet: write the body of the function above, run that cell, then this one.")
            return
        except Exception as error:  # whatever the learner's code raises is feedback, not a crash
            print(f"Not yet: your answer stops with {type(error).__name__}: {error}\nHint: {hint}")
            return
        if not passed:
            print(f"Not yet. Hint: {hint}")
            return
    print(done)


def settle(guess: float | None, measured: float, *, close: float = 0.05) -> None:
    """Print a bet on a number beside the number.

    Args:
        guess: the learner's, or None for none.
        measured: what came out.
        close: up to which distance the guess counts as good.
    """
    if guess is None:
        print(f"Measured: {measured:.3g}. (You made no guess; a wrong one is remembered best.)")
    elif abs(guess - measured) <= close:
        print(f"Measured: {measured:.3g}, your guess {guess:g}: well judged.")
    else:
        print(f"Measured: {measured:.3g}, your guess {guess:g}: {abs(guess - measured):.2g} off. Read on to see why.")


def show_pairs(pairs: Sequence[tuple[str, str]], scores: Sequence[float]) -> None:
    """Print each pair on a line after its score, highest first."""
    for score, (first, second) in sorted(zip(scores, pairs, strict=True), reverse=True):
        print(f"{score:6.3f}   {first}  |  {second}")

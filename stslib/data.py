"""Scored sentence pairs by name, validated: the course's own, and STS-B."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stslib import hub
from stslib.errors import StsError
from stslib.meanings import MeaningSet, meaning_pairs, read_meanings
from stslib.tables import delimiter_of
from stslib.weights import sha256_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["sentence1", "sentence2", "score"]
SPLITS = {"train": "train", "dev": "dev", "validation": "dev", "test": "test"}
RATINGS = ["rating_a", "rating_b", "rating_c"]  # whose mean the course's scores are
ALIASES = {"line1": "sentence1", "line2": "sentence2", "lbl": "label"}  # as in the question that started the course
LOWEST, HIGHEST = 0.0, 5.0  # the scale of the SemEval STS tasks
PAIRS_PER_SET = 96  # of a meaning set, to be read once: 24, read three times, were learned by heart (tries.md)


def load_pairs(
    name: str = "course", split: str = "train", *, language: str = "en", folder: str | Path | None = None
) -> pd.DataFrame:
    """Return scored sentence pairs as a table.

    Args:
        name: ``"course"`` (shipped with the course) or ``"stsb"`` (the STS benchmark).
        split: ``"train"``, ``"dev"`` (also called ``"validation"``) or ``"test"``.
        language: of STS-B, such as ``"de"``; other than English it is the machine-translated
            ``PhilipMay/stsb_multi_mt``.
        folder: where STS-B lies as ``train.csv``, ``dev.csv``, ``test.csv`` (or as
            ``en/train.csv`` and so on). Without it the environment variable
            ``STS_DATA_DIR`` names the folder, and without that the Hub is asked.

    Returns:
        One row a pair: ``sentence1``, ``sentence2``, ``score`` (0 to 5), then any further columns.

    Raises:
        StsError: unknown name or split, missing, changed or invalid file, unreachable Hub.
    """
    if split not in SPLITS:
        raise StsError(f"There is no split {split!r}: choose 'train', 'dev' or 'test'.")
    if name == "course":
        table = read_pairs(course_file(f"pairs/{SPLITS[split]}.csv"))
        return table.astype(dict.fromkeys(RATINGS, float))
    if name == "stsb":
        place = folder or os.environ.get("STS_DATA_DIR")
        if place:
            return read_pairs(_stsb_file(Path(place), SPLITS[split], language))
        return _stsb_from_hub(SPLITS[split], language)
    raise StsError(f"There is no data set {name!r}: choose 'course' or 'stsb', or read a file with read_pairs.")


def load_contrasts(split: str = "train") -> pd.DataFrame:
    """Return minimal pairs that differ in one phenomenon: ``sentence1, sentence2, label, phenomenon``.

    Args:
        split: ``"train"`` (the half for learning) or ``"test"``; 240 pairs each, half of
            them with label 1 (same meaning). ``"fresh"``: 240 more for testing, written when
            four recipes had been measured on the test half. ``"more"``: 3,831 further ones for learning.
    """
    if split not in ("train", "test", "fresh", "more"):
        raise StsError(f"The contrasts have no split {split!r}: choose 'train', 'test', 'fresh' or 'more'.")
    return _read_csv(course_file(f"contrasts/{split}.csv")).astype({"label": int})


def load_meanings() -> list[MeaningSet]:
    """Return the meaning sets of the contrasts, for learning: see `stslib.meanings`."""
    return read_meanings(course_file("contrasts/meanings.txt"))


def load_examples(name: str, split: str, *, progress: bool = False) -> pd.DataFrame:
    """Return pairs to learn from or to measure on, by name: with a score, or with a label.

    Args:
        name: ``"course"`` or ``"stsb"``, see `load_pairs`; or ``"contrasts"``, whose train pairs
            are made of `load_meanings` and ``load_contrasts("more")``, and whose dev pairs are
            ``load_contrasts("train")``.
        split: ``"train"``, ``"dev"`` or ``"test"``.
        progress: show a bar.

    Raises:
        StsError: see `load_pairs`.
    """
    import pandas as pd

    if name != "contrasts":
        return load_pairs(name, split)
    if split == "train":
        drawn = meaning_pairs(load_meanings(), PAIRS_PER_SET, progress=progress)
        return pd.concat([drawn, load_contrasts("more")], ignore_index=True)
    return load_contrasts("train" if split == "dev" else split)


def load_questions() -> pd.DataFrame:
    """Return 900 short user questions: ``question, intent, topic``; 60 intents in 12 topics."""
    return _read_csv(course_file("questions/questions.csv"))


def load_answers() -> pd.DataFrame:
    """Return one answer an intent: ``answer, intent, topic``; 60 rows."""
    return _read_csv(course_file("questions/answers.csv"))


def load_stories() -> list[list[str]]:
    """Return 300 short stories, each a list of 6 to 9 sentences in their order."""
    import json

    lines = course_file("stories/stories.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["sentences"] for line in lines]


def load_seed(name: str) -> pd.DataFrame:
    """Return a table that the course grew from.

    Args:
        name: ``"question"`` (``line1, line2``: the three pairs of the question) or
            ``"clustering"`` (``sentence``: the eleven sentences of the clustering answer).
    """
    if name not in ("question", "clustering"):
        raise StsError(f"There is no seed {name!r}: choose 'question' or 'clustering'.")
    return _read_csv(course_file(f"seeds/{name}.csv"))


def load_benchmark(name: str) -> dict[str, Any]:
    """Return the committed result of a long measurement, which the lessons show but do not repeat.

    Args:
        name: ``"losses"`` (made by ``python -m benchmarks.losses``), ``"clustering"``, ``"ladder"`` or
            ``"stsb"`` (likewise).
    """
    import json

    places = (course_folder() / "benchmarks" / f"{name}.json", course_folder().parent / "benchmarks" / f"{name}.json")
    for place in places:
        if place.is_file():
            return json.loads(place.read_text(encoding="utf-8"))
    raise StsError(f"There is no benchmark {name!r}: choose 'losses', 'clustering', 'ladder' or 'stsb'.")


def read_pairs(path: str | Path) -> pd.DataFrame:
    """Return the scored pairs of a CSV file, with a header or, like STS-B, without.

    Raises:
        StsError: the file is missing, not UTF-8, not such a table, or a row is invalid.
    """
    name = Path(path).name
    return _on_our_scale(validate_pairs(_read_table(Path(path)), name), name)


def read_examples(path: str | Path) -> pd.DataFrame:
    """Return pairs to learn from or to measure on: with a score, or with a label.

    Args:
        path: a CSV with a header. Sentences are in ``sentence1, sentence2`` (or ``line1,
            line2``); what is known of them in ``score`` (0 to 5), or in ``label`` (or
            ``lbl``), 0 or 1. STS-B's form without a header serves too.

    Returns:
        Columns ``sentence1, sentence2`` and ``score`` or ``label``, then any further ones.

    Raises:
        StsError: see `read_pairs`; a label other than 0 and 1; both a score and a label.
    """
    table, name = _read_table(Path(path)), Path(path).name
    table = table.rename(columns={old: new for old, new in ALIASES.items() if new not in table.columns})
    if "score" in table.columns and "label" in table.columns:
        raise StsError(f"{name} has both a score and a label: leave one of them out.")
    if table.empty:
        raise StsError(f"{name} has no rows below its header.")
    if not {"score", "label"} & set(table.columns):
        raise StsError(
            f"{name} has neither a column 'score' nor 'label' (or 'lbl'); it has {', '.join(table.columns)}."
        )
    if "label" not in table.columns:
        return _on_our_scale(validate_pairs(table, name), name)
    wrong = ~table["label"].isin(["0", "1"])
    if wrong.any():
        row = _first(wrong)
        raise StsError(f"{name}, row {row}: the label {table['label'].iloc[row - 1]!r} is not 0 or 1.")
    table = validate_pairs(table.assign(score=table["label"]), name)
    return table.drop(columns="score").astype({"label": int})


def validate_pairs(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the table with ``COLUMNS`` first and numeric scores, or say what is wrong with it.

    Args:
        table: with the columns of `COLUMNS`, and any others.
        source: what to call it in an error.

    Raises:
        StsError: a column is missing, a sentence empty, or a score not a number from 0 to 5.
    """
    import pandas as pd

    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise StsError(
            f"{source} has no column {missing[0]!r}: it needs {', '.join(COLUMNS)}, "
            f"and has {', '.join(map(str, table.columns))}."
        )
    table = table[COLUMNS + [column for column in table.columns if column not in COLUMNS]].copy()
    for column in COLUMNS[:2]:
        empty = table[column].isna() | (table[column].astype(str).str.strip() == "")
        if empty.any():
            raise StsError(f"{source}, row {_first(empty)}: {column} is empty.")
    scores = pd.to_numeric(table["score"], errors="coerce")
    wrong = ~scores.between(LOWEST, HIGHEST)
    if wrong.any():
        row = _first(wrong)
        raise StsError(f"{source}, row {row}: the score {table['score'].iloc[row - 1]!r} is not a number from 0 to 5.")
    table["score"] = scores.astype(float)
    return table


def _on_our_scale(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the table, unless its scores look like those of another scale, or like labels."""
    if table["score"].nunique() > 1 and table["score"].max() <= 1:
        raise StsError(
            f"{source} has no score above 1, and scores go from 0 to 5: multiply them by 5; or, if they are labels, "
            f"name the columns sentence1, sentence2, label."
        )
    return table


def course_file(name: str) -> Path:
    """Return the path of a file of the course data, such as ``"pairs/dev.csv"``, digest checked.

    Raises:
        StsError: no such file, or its bytes are not those that were shipped.
    """
    path = course_folder() / name
    expected = _digests().get(name)
    if expected is None or not path.is_file():
        raise StsError(f"The course data has no file {name!r}.")
    if sha256_of(path) != expected:
        raise StsError(
            f"The course data file {name} was changed since it was shipped (its SHA-256 differs): "
            f"restore it from the repository, or reinstall the package."
        )
    return path


def course_folder() -> Path:
    """Return the folder of the course data: inside an installed package, or beside it in a clone."""
    installed = Path(__file__).parent / "_data"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "data"


@cache
def _digests() -> dict[str, str]:
    """Return SHA-256 by file name, as `sha256sum` wrote them."""
    lines = (course_folder() / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def _stsb_file(folder: Path, split: str, language: str) -> Path:
    places = [folder / language / f"{split}.csv"] + ([folder / f"{split}.csv"] if language == "en" else [])
    for place in places:
        if place.is_file():
            return place
    raise StsError(f"STS-B ({language}, {split}) is not in the folder {folder}: expected {places[0]}.")


def _stsb_from_hub(split: str, language: str) -> pd.DataFrame:
    import pandas as pd

    if language == "en":
        source, hub_split = "sentence-transformers/stsb", {"dev": "validation"}.get(split, split)
        pattern = f"data/{hub_split}-*.parquet"
    else:
        source, pattern = "PhilipMay/stsb_multi_mt", f"{language}/{split}-*.parquet"
    folder = hub.fetch(source, [pattern], kind="dataset")
    table = pd.concat([pd.read_parquet(part) for part in sorted(folder.glob(pattern))], ignore_index=True)
    table = table.rename(columns={"similarity_score": "score"})
    if language == "en":  # this copy of STS-B stores the score divided by five
        table["score"] *= HIGHEST
    table["score"] = table["score"].astype(float).round(4)
    return validate_pairs(table, source)


def _read_table(path: Path) -> pd.DataFrame:
    """Read a CSV as text; without a header, as STS-B is, it gets the names of `COLUMNS`."""
    import pandas as pd

    if not path.is_file():
        raise StsError(f"There is no file {path}.")
    try:
        with path.open(encoding="utf-8-sig") as file:
            comma = {"sep": delimiter_of(path, file.readline())}
        first = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False, **comma)
        headless = first.shape[1] == 3 and pd.to_numeric(first[2], errors="coerce").notna().all()
        table = _read_csv(path, **comma, **({"header": None, "names": COLUMNS} if headless else {}))
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise StsError(f"{path.name} is not UTF-8 (byte 0x{byte:02X}): save it as UTF-8 and try again.") from error
    except pd.errors.EmptyDataError as error:
        raise StsError(f"{path.name} is empty.") from error
    except pd.errors.ParserError as error:
        raise StsError(f"{path.name} is not a table: {str(error).strip()}.") from error
    return table


def _read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table as text, so that a sentence such as "None" stays what it is."""
    import pandas as pd

    return pd.read_csv(path, dtype=str, keep_default_na=False, **options)


def _first(flags: pd.Series) -> int:
    """Return the number, from 1, of the first row that is flagged."""
    return int(flags.to_numpy().argmax()) + 1

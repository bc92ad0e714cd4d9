"""The command line of the course: `stslib --help` lists what there is."""

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stslib import cross, joint, sbert
from stslib.errors import StsError
from stslib.randomness import SEED

if TYPE_CHECKING:
    import pandas as pd
    from sentence_transformers import SentenceTransformer

    from stslib.similarity import Model
    from stslib.threshold import Threshold

OWN_DATA = "course"  # the name of the course's pairs, in place of a file
NAMED_DATA = (OWN_DATA, "stsb", "contrasts")

app = typer.Typer(
    help="Semantic textual similarity with BERT.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

train_app = typer.Typer(help="Train a model on pairs of your own.", no_args_is_help=True)
app.add_typer(train_app, name="train")

TableArgument = Annotated[Path, typer.Argument(help="A .csv, .tsv, .jsonl or .parquet file, UTF-8.")]
ThresholdOption = Annotated[
    Path | None, typer.Option("--threshold", help="A file that `stslib threshold` wrote; default: the shipped border.")
]
ColumnsOption = Annotated[
    str | None, typer.Option(help="The two columns of sentences, such as line1,line2; guessed when there are just two.")
]
ModelOption = Annotated[
    Path | None, typer.Option("--model", help="A folder that `stslib train` wrote; default: the profile's encoder.")
]
BitsOption = Annotated[
    int | None,
    typer.Option(
        help="Of the numbers to compute with: 32, 16 (scores change by 0.001) or 8 (by 0.01); "
        "default: 32, from 10,000 rows on 16 if the device is faster with them; "
        "for a model that reads pairs 32 or 16, by default 16 if the device is faster with them."
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an existing output.")]


@app.command()
def label(
    table: TableArgument,
    out: Annotated[Path, typer.Option(help="Where to write it; same kind of file.")],
    columns: ColumnsOption = None,
    threshold: ThresholdOption = None,
    model: ModelOption = None,
    bits: BitsOption = None,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Keep rows with an empty sentence, with an empty label.")
    ] = False,
    force: ForceOption = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after an interrupted run.")] = False,
) -> None:
    """Add the columns `score` and `lbl` (1: the two sentences mean the same) to a table."""
    from stslib.labelling import label_file

    encoder, border = _model_and_border(model, threshold)
    try:
        done = label_file(
            table,
            out,
            _split(columns),
            threshold=border,
            encoder=encoder,
            bits=bits,
            skip_invalid=skip_invalid,
            force=force,
            resume=resume,
            progress=True,
        )
    except KeyboardInterrupt:
        if Path(f"{out}.journal").exists():
            typer.echo("stslib: interrupted; the same command with --resume goes on from here.", err=True)
        raise
    typer.echo(
        f"{out}: {done.rows:,} rows, {done.same:,} with label 1, {done.rows - done.same - done.skipped:,} with 0."
    )
    if done.skipped:
        typer.echo(f"{done.skipped:,} rows have no label, because a sentence is empty.")
    if done.cut:
        typer.echo(f"{done.cut:,} rows hold a text longer than the model reads: the label is for its beginning.")


@app.command()
def similarity(first: str, second: str, threshold: ThresholdOption = None, model: ModelOption = None) -> None:
    """Print the similarity of two sentences, and the label."""
    from stslib.models import load_encoder
    from stslib.similarity import border_for, pair_scores, too_long
    from stslib.tables import is_sentence

    chosen, own = _model_and_border(model, threshold)
    border = border_for(chosen, own)
    for name, text in (("first", first), ("second", second)):
        if not is_sentence(text):
            raise StsError(f"The {name} sentence is empty.")
    encoder = chosen or load_encoder()
    score = pair_scores([first], [second], encoder)[0]
    typer.echo(f"score {score:.3f}")
    typer.echo(f"lbl   {int(border.label(score))}  (1 from {border.value:.3f} up)")
    if too_long([first], [second], encoder)[0]:
        typer.echo(f"Only the first {encoder.max_seq_length} tokens were read.")


@app.command()
def inspect(
    first: str,
    second: Annotated[str | None, typer.Argument()] = None,
    max_length: Annotated[int | None, typer.Option(help="Cut to this many tokens.")] = None,
) -> None:
    """Print what BERT reads: tokens, ids, segments, attention mask."""
    from stslib.inputs import input_table, truncation
    from stslib.models import load_tokenizer

    tokenizer = load_tokenizer()
    typer.echo(input_table(tokenizer, first, second, max_length).to_string(index=False))
    typer.echo(str(truncation(tokenizer, first, second, max_length)))


@app.command()
def threshold(
    pairs: Annotated[str, typer.Argument(help="A CSV with sentence1, sentence2, score (0 to 5); or 'course'.")],
    out: Annotated[Path, typer.Option(help="The JSON file to write.")],
    objective: Annotated[str, typer.Option(help="accuracy; or f1, where one label is rare.")] = "accuracy",
    model: ModelOption = None,
    force: ForceOption = False,
) -> None:
    """Fit the border between label 0 and 1 on scored pairs (label 1: score 4 and up)."""
    from stslib.data import load_pairs, read_pairs
    from stslib.profiles import profile
    from stslib.saved import load_saved, name_of
    from stslib.similarity import pair_scores
    from stslib.threshold import SAME_MEANING, fit_threshold

    if out.exists() and not force:
        raise StsError(f"The output {out} exists already: choose another name, or replace it with --force.")
    table = load_pairs("course", "dev") if pairs == OWN_DATA else read_pairs(pairs)
    fitted = fit_threshold(
        pair_scores(table["sentence1"].tolist(), table["sentence2"].tolist(), load_saved(model) if model else None),
        table["score"] >= SAME_MEANING,
        objective=objective,
        model=name_of(model) if model else profile().encoder_model,
        source="course, dev" if pairs == OWN_DATA else Path(pairs).name,
    )
    fitted.save(out)
    typer.echo(
        f"{out}: {fitted.value:.3f}, 95 % interval {fitted.low:.3f} to {fitted.high:.3f}; "
        f"{objective} {fitted.reached:.3f} on {fitted.pairs} pairs."
    )


TrainingData = Annotated[
    str,
    typer.Argument(help="A CSV with sentence1, sentence2 and score (0 to 5) or label; or course, stsb, contrasts."),
]
ModelFolder = Annotated[Path, typer.Option("--out", help="The folder to write the model to.")]
DevOption = Annotated[
    str | None,
    typer.Option(
        "--dev", help="A second CSV: keeps the best epoch, and fits a border; course, stsb, contrasts have their own."
    ),
]
EpochsOption = Annotated[int, typer.Option("--epochs", min=1, help="How often each pair is read.")]
RateOption = Annotated[float, typer.Option("--rate", min=0.0, help="The highest learning rate.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Of everything that is random.")]


StartOption = Annotated[
    Path | None,
    typer.Option("--start", help="The folder of a trained model to go on from; default: the profile's BERT."),
]


@train_app.command("cross")
def train_cross(
    data: TrainingData,
    out: ModelFolder,
    dev: DevOption = None,
    start: StartOption = None,
    epochs: EpochsOption = cross.EPOCHS,
    rate: RateOption = cross.RATE,
    seed: SeedOption = SEED,
    force: ForceOption = False,
) -> None:
    """Fine-tune BERT with a head on the pair: a cross-encoder, which scores pairs from 0 to 1."""
    _train("CROSS", data, out, dev, start, epochs, rate, seed, force)


@train_app.command("bi")
def train_bi(
    data: TrainingData,
    out: ModelFolder,
    dev: DevOption = None,
    start: StartOption = None,
    epochs: EpochsOption = sbert.EPOCHS,
    rate: RateOption = sbert.RATE,
    seed: SeedOption = SEED,
    force: ForceOption = False,
) -> None:
    """Fine-tune BERT with mean pooling: a sentence encoder (Sentence-BERT), whose cosines score pairs."""
    _train("BI", data, out, dev, start, epochs, rate, seed, force)


@train_app.command("joint")
def train_joint(
    data: TrainingData,
    out: ModelFolder,
    dev: DevOption = None,
    start: StartOption = None,
    epochs: EpochsOption = joint.EPOCHS,
    rate: RateOption = joint.RATE,
    seed: SeedOption = SEED,
    force: ForceOption = False,
) -> None:
    """Let a sentence encoder (--start) read both sentences together: a cross-encoder that knows much already."""
    _train("JOINT", data, out, dev, start, epochs, rate, seed, force)


def _train(
    kind: str,
    data: str,
    out: Path,
    dev: str | None,
    start: Path | None,
    epochs: int,
    rate: float,
    seed: int,
    force: bool,
) -> None:
    from stslib import training
    from stslib.saving import check_target

    check_target(out, force=force)
    learn = _examples(data, "train")
    check = _examples(dev or data, "dev") if dev or data in NAMED_DATA else None
    trained = training.train_on(
        getattr(training, kind), learn, check, start=start, epochs=epochs, rate=rate, seed=seed, progress=True
    )
    for epoch, quality in enumerate(trained.dev_quality, 1):
        typer.echo(f"epoch {epoch}: {trained.measure} {quality:.3f} on dev" + " (best)" * (epoch == trained.kept))
    share = trained.settings[training.SHARE]
    if share < 1:
        typer.echo(f"{share:.0%} of the way from the first weights: {trained.measure} {trained.quality:.3f} on dev")
    trained.save(out, force=force)
    typer.echo(f"{out}: a {trained.kind.name}, trained on {trained.pairs:,} pairs.")


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A folder that `stslib train` wrote, or 'course'.")],
    data: Annotated[str, typer.Option(help="A CSV as for training; or the test pairs of course, stsb, contrasts.")],
) -> None:
    """Print as JSON how well a model agrees with judged pairs."""
    import json
    import math

    from stslib.evaluation import evaluate as measure

    report = measure(model, _examples(data, "test"), progress=True)
    # JSON knows no nan: a correlation that does not exist is null.
    shown = {name: None if math.isnan(value) else round(value, 4) for name, value in report.items()}
    typer.echo(json.dumps(shown, indent=2))


ColumnOption = Annotated[
    str | None, typer.Option("--column", help="The column of sentences; guessed when just one holds text.")
]
SHOWN_GROUPS = 20


@app.command()
def embed(
    table: TableArgument,
    out: Annotated[Path, typer.Option(help="The .parquet file to write.")],
    column: ColumnOption = None,
    model: ModelOption = None,
    bits: BitsOption = None,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Give a row with an empty sentence an empty vector.")
    ] = False,
    force: ForceOption = False,
) -> None:
    """Write the vector of every sentence of a table to a Parquet file."""
    from stslib.embedding import embed_file

    rows = embed_file(
        table,
        out,
        column,
        encoder=_encoder(model),
        bits=bits,
        skip_invalid=skip_invalid,
        force=force,
        progress=True,
    )
    typer.echo(f"{out}: {rows:,} rows.")


@app.command()
def cluster(
    table: TableArgument,
    out: Annotated[Path, typer.Option(help="Where to write it; same kind of file.")],
    k: Annotated[int | None, typer.Option("-k", help="How many clusters; default: by the best silhouette.")] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Instead of -k: the mean cosine from which groups are joined.")
    ] = None,
    column: ColumnOption = None,
    model: ModelOption = None,
    seed: SeedOption = SEED,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Keep rows with an empty sentence, with an empty cluster.")
    ] = False,
    force: ForceOption = False,
) -> None:
    """Add the column `cluster` to a table of sentences, and print what the clusters are about."""
    from stslib.cluster import cluster_file

    result = cluster_file(
        table,
        out,
        column,
        k=k,
        threshold=threshold,
        encoder=_encoder(model),
        seed=seed,
        skip_invalid=skip_invalid,
        force=force,
        progress=True,
    )
    for group in result.groups[:SHOWN_GROUPS]:
        terms = f"  [{', '.join(group.terms)}]" if group.terms else ""
        typer.echo(f"{group.label:>4}  {group.size:>7,} rows  {group.central}{terms}")
    if len(result.groups) > SHOWN_GROUPS:
        rest = result.groups[SHOWN_GROUPS:]
        typer.echo(f"and {len(rest):,} more clusters of {rest[-1].size:,} to {rest[0].size:,} rows.")
    typer.echo(f"{out}: {len(result.labels):,} rows in {len(result.groups):,} clusters, by {result.method}.")


@app.command()
def doctor() -> None:
    """Report versions, device, weights, profile, and what is missing."""
    from stslib.doctor import examine

    findings = examine()
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        typer.echo(f"{finding.what:<{width}}  {finding.found}")
    missing = [finding for finding in findings if finding.missing]
    for finding in missing:
        typer.echo(f"missing: {finding.what}: {finding.missing}")
    if missing:
        raise typer.Exit(1)
    typer.echo("Nothing is missing.")


def _examples(data: str, split: str) -> "pd.DataFrame":
    """Return the pairs of a file, or a split of a data set that has a name."""
    from stslib.data import load_examples, read_examples

    return load_examples(data, split, progress=True) if data in NAMED_DATA else read_examples(data)


def _encoder(model: Path | None) -> "SentenceTransformer | None":
    """Return the sentence encoder of a folder; None for the profile's."""
    from stslib.saved import load_saved_encoder

    return load_saved_encoder(model) if model else None


def _model_and_border(model: Path | None, threshold: Path | None) -> "tuple[Model | None, Threshold | None]":
    """Return the model of a folder with its border; None and what was asked for where it is the profile's."""
    from stslib.saved import border_for_saved, load_saved
    from stslib.threshold import Threshold

    border = Threshold.load(threshold) if threshold else None
    return (load_saved(model), border_for_saved(model, border)) if model else (None, border)


def _split(columns: str | None) -> list[str] | None:
    return None if columns is None else [name.strip() for name in columns.split(",")]


def main() -> None:
    """Run the command line; a problem that the user can mend ends in one sentence and status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Windows log file may not know every character
            stream.reconfigure(errors="replace")
    try:
        app()
    except (StsError, OSError) as error:
        typer.echo(f"stslib: {error}", err=True)
        sys.exit(2)

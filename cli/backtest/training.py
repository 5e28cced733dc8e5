"""One training of a backtest: the pipeline's own jobs, from the training set to the verdict of the gates."""

import contextlib
import io
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from cli.backtest.model import Deployed
from cli.backtest.past import Past
from cli.backtest.terms import Terms
from cli.backtest.vectors import Vectors
from headrace.schema import format_timestamp
from headrace.training_columns import common_names
from headrace.windows_columnar import labelled
from pipelines.jobs import artifact, evaluate, inference, preprocess, train, training_set
from pipelines.jobs.judging.evidence import Evidence
from pipelines.jobs.splits import NAMES, warm_up_s
from pipelines.jobs.train import Places
from pipelines.jobs.training_set import LABEL, TrainingSetError

DATA, SPLITS = "data", "splits"
Outcome = Literal["deployed", "refused", "failed"]
"""Deployed; not passed by the gates; or no model at all, because the training set could not be used."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a training was and what became of it. Times are texts (UTC).

    Attributes:
        name: of the training and of its model's version.
        at: when it took place, and when its model was deployed if it was.
        reason: why the policy wanted it.
        since: the first event time of the training set.
        until: the event time before which the training set ends.
        rows: labelled events in it.
        positives: positives among them.
        outcome: what became of the candidate.
        why: the gates' or the job's reason; empty if the candidate passed.
        average_precision: on the candidate's own test rows; None if it was not judged.
    """

    name: str
    at: str
    reason: str
    since: str
    until: str
    rows: int
    positives: int
    outcome: Outcome
    why: str
    average_precision: float | None

    @property
    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


class Trainer:
    """Trains, judges and keeps models on the terms of a backtest."""

    def __init__(self, terms: Terms, past: Past, folder: Path, reports: Path) -> None:
        """Wire.

        Args:
            terms: of the backtest.
            past: whose labels are joined as they were known.
            folder: for splits and artifacts.
            reports: where each candidate's documents go, in a folder of its name.
        """
        self._terms, self._past, self._folder, self._reports = terms, past, folder, reports
        first = int(past.events[terms.usecase.event.timestamp].iloc[0])
        self._done: dict[tuple[int, str | None, str], tuple[Training, Deployed | None]] = {}
        self._warm_from = first + warm_up_s(terms.usecase)

    def span(self, at: int) -> tuple[int, int]:
        """The event time that a training set spans which is built at a moment."""
        until = at - self._terms.delay_s
        return until - self._terms.train_s, until

    def train(
        self, vectors: Vectors, *, at: int, reason: str, champion: Deployed | None
    ) -> tuple[Training, Deployed | None]:
        """Train and judge a candidate; what was trained at that moment against that champion is not trained again.

        Args:
            vectors: where training rows come from.
            at: the moment; labels that are given later do not count.
            reason: why the policy wants it.
            champion: the deployed model, if there is one.

        Returns:
            What became of it, and the model if it is to be deployed.
        """
        cause = preprocess.DRIFT if reason.startswith(preprocess.DRIFT) else ""
        known = (at, champion.model.version if champion else None, cause)
        if known not in self._done:
            self._done[known] = self._train(self._name(at), vectors, at, champion, cause)
        training, model = self._done[known]
        return replace(training, reason=reason), model

    def _name(self, at: int) -> str:
        """The moment, and a number where several candidates are of one moment."""
        day = format_timestamp(at).removesuffix("T00:00:00Z").replace(":", "")
        others = sum(moment == at for moment, _, _ in self._done)
        return f"{day}-{others + 1}" if others else day

    def _train(
        self, name: str, vectors: Vectors, at: int, champion: Deployed | None, cause: str
    ) -> tuple[Training, Deployed | None]:
        since, until = self.span(at)
        folder = self._folder / name
        known, positives = self._write(vectors.rows(since, until), folder / DATA, at)
        said: dict[str, Any] = {
            "name": name, "at": format_timestamp(at), "reason": "", "since": format_timestamp(since),
            "until": format_timestamp(until), "rows": known, "positives": positives,
        }  # fmt: skip
        try:
            if not known:
                raise TrainingSetError("no event of that time has a known label: choose a later --from, or more days")
            with contextlib.redirect_stdout(io.StringIO()):  # jobs print their rounds there, and results belong there
                self._learn(name, folder, since, cause)
                found = self._judge(name, folder, champion)
        except TrainingSetError as exc:
            return Training(**said, outcome="failed", why=str(exc), average_precision=None), None
        passed = found["gates"]["passed"]
        deployed = passed or self._terms.ignore_gates
        figures = found["evaluation"].get("binary_classification_metrics", {})
        training = Training(
            **said,
            outcome="deployed" if deployed else "refused",
            why="" if passed else found["gates"]["reason"],
            average_precision=figures["average_precision"]["value"] if figures else None,
        )
        if not (deployed and self._terms.watched):
            shutil.rmtree(folder / SPLITS)
        return training, self._deployed(folder, found["evaluation"]) if deployed else None

    def _write(self, rows: Iterable[pd.DataFrame], folder: Path, at: int) -> tuple[int, int]:
        """Write the labelled rows as a training set, part by part; returns how many, and how many positives."""
        usecase, count, positives = self._terms.usecase, 0, 0
        for number, part in enumerate(rows):
            known = labelled(usecase, part, self._past.labels_of(part, known_until=at), known_until=at)
            known = known.rename(columns=common_names(usecase))
            table = pa.Table.from_pandas(known, schema=training_set.schema(usecase), preserve_index=False)
            training_set.write(table, folder / f"{number:05}")
            count, positives = count + len(known), positives + int(known[LABEL].sum())
        return count, positives

    def _learn(self, name: str, folder: Path, since: int, cause: str) -> None:
        """Preprocess and train, as the pipeline does. Raises TrainingSetError."""
        usecase, terms = self._terms.usecase, self._terms
        warm = str(max(0, self._warm_from - since))
        options = {"usecase": usecase.name, "warm-up-s": warm, "gap-s": str(terms.delay_s), "reason": cause}
        given = preprocess.parse([f"--{name}={value}" for name, value in options.items()])
        preprocess.preprocess(usecase, folder / DATA, folder / SPLITS, preprocess.chosen_cut(usecase, given))
        shutil.rmtree(folder / DATA)
        splits = folder / SPLITS
        places = Places(
            train=splits / "train",
            validation=splits / "validation",
            all=splits / "all",
            model=folder / "model",
            checkpoint=folder / "checkpoint",
        )
        train.train(usecase, {} if terms.seed is None else {"seed": terms.seed}, name, places)
        shutil.rmtree(folder / "checkpoint", ignore_errors=True)

    def _judge(self, name: str, folder: Path, champion: Deployed | None) -> dict[str, dict[str, Any]]:
        """Evaluate next to the champion, and write the candidate's documents. Raises TrainingSetError."""
        usecase, splits = self._terms.usecase, folder / SPLITS
        given = evaluate.parse(["--usecase", usecase.name])
        seed = given.seed if self._terms.seed is None else self._terms.seed
        evidence = Evidence(
            train=splits / "train",
            validation=splits / "validation",
            manifest=splits / "manifest",
            champion=champion.folder if champion else None,
            lineage={"trigger_reason": "backtest"},
        )
        model, test = folder / "model", splits / NAMES[-1]
        found = evaluate.evaluate(usecase, model, test, resamples=given.resamples, seed=seed, evidence=evidence)
        evaluate.write(self._reports / name, usecase, artifact.read_about(model), found, evidence)
        return found

    def _deployed(self, folder: Path, evaluation: dict[str, Any]) -> Deployed:
        model = inference.model_fn(str(folder / "model"))
        return Deployed(folder=folder / "model", splits=folder / SPLITS, model=model, evaluation=evaluation)

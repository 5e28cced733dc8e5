"""One execution of the training pipeline on this machine: shown step by step, its results copied to a folder."""

import json
import time
from pathlib import Path
from typing import Any

from cli.phases import Phase, Phases
from cli.training import TrainingError
from local.sagemaker.folders import FolderPlatform
from local.sagemaker.platform import S3Location
from local.sagemaker.service import SageMaker

BUCKET = "lake"
STEPS = ("Preprocess", "Train", "Evaluate", "CheckGates", "Baseline", "Register")
TRAINED = {"Train": "models/{run}/artifact/{job}", "Tune": "models/tuned/{job}"}
"""The step that trains, by whether the use case names a search, and where it leaves its model."""
MODEL = "model.tar.gz"
EXPLANATION = "explanation.json"
EVALUATED = ("evaluation.json", "bias.json", EXPLANATION, "gates.json", "model_card.json", "report.html")
NORMAL = ("statistics.json", "constraints.json")
MANIFEST = "data_manifest.json"
POLL_S = 0.1


class Run:
    """One execution of the pipeline."""

    def __init__(self, sagemaker: SageMaker, pipeline: str, parameters: dict[str, str], *, tuned: bool) -> None:
        self._sagemaker = sagemaker
        self._train = "Tune" if tuned else "Train"
        given = [{"Name": name, "Value": value} for name, value in parameters.items()]
        request = {"PipelineName": pipeline, "PipelineParameters": given}
        self._arn: str = sagemaker.call("StartPipelineExecution", request)["PipelineExecutionArn"]

    def follow(self, phases: Phases) -> None:
        """Show each step until the execution ends.

        Raises:
            TrainingError: if a step fails; a gate that is not passed is no such failure.
        """
        for name in (self._train if it == "Train" else it for it in STEPS):
            if name not in self._steps() and not self._wait_for(name):
                return
            with phases.phase(name) as phase:
                self._wait_for_end(name, phase)

    def deliver(self, platform: FolderPlatform, out: Path) -> dict[str, Any]:
        """Copy results, and say in a few words how the run went."""
        run, steps = self._arn.rpartition("/")[2], self._steps()
        registered = "Register" in steps
        places = {name: f"models/{run}/evaluation/{name}" for name in EVALUATED}
        places[MANIFEST] = f"training/{run}/manifest/{MANIFEST}"
        job = self._trained(steps)
        if registered:
            places |= {name: f"models/{run}/baseline/{name}" for name in NORMAL}
            places[MODEL] = f"{TRAINED[self._train].format(run=run, job=job)}/output/{MODEL}"
        out.mkdir(parents=True, exist_ok=True)
        for name, key in places.items():
            platform.store.download(S3Location(BUCKET, key), out / name)
        read = (json.loads((out / name).read_text()) for name in ("gates.json", "evaluation.json", EXPLANATION))
        gates, evaluation, explained = read
        figures = evaluation.get("binary_classification_metrics", {})
        return {
            "registered": registered,
            "reason": gates["reason"],
            "model_version": job,
            "metrics": {name: it["value"] for name, it in figures.items() if isinstance(it.get("value"), int | float)},
            "gates": {it["name"]: it["passed"] for it in gates["gates"]},
            "explanation": _ranked(explained),
            "files": sorted(places),
        }

    def _trained(self, steps: dict[str, dict[str, Any]]) -> str:
        """The job that trained the model: of candidates the best one."""
        job = self._job(steps[self._train])
        if self._train == "Train":
            return job
        searched = self._sagemaker.call("DescribeHyperParameterTuningJob", {"HyperParameterTuningJobName": job})
        best: str = searched["BestTrainingJob"]["TrainingJobName"]
        return best

    def _steps(self) -> dict[str, dict[str, Any]]:
        request = {"PipelineExecutionArn": self._arn}
        listed = self._sagemaker.call("ListPipelineExecutionSteps", request)["PipelineExecutionSteps"]
        return {step["StepName"]: step for step in listed}

    def _wait_for(self, name: str) -> bool:
        """Wait for a step to begin; False if the execution ends before."""
        request = {"PipelineExecutionArn": self._arn}
        while name not in self._steps():
            status = self._sagemaker.call("DescribePipelineExecution", request)["PipelineExecutionStatus"]
            if status not in ("Executing", "Stopping"):
                return name in self._steps()
            time.sleep(POLL_S)
        return True

    def _wait_for_end(self, name: str, phase: Phase) -> None:
        while (step := self._steps()[name])["StepStatus"] in ("Starting", "Executing"):
            phase.at(doing=self._last_words(step))
            time.sleep(POLL_S)
        if step["StepStatus"] != "Succeeded":
            raise TrainingError(f"{name} {step['StepStatus'].lower()}: {step.get('FailureReason', 'no reason given')}")
        phase.at(doing=self._last_words(step))

    def _last_words(self, step: dict[str, Any]) -> str:
        """The last line that a step's job printed."""
        job = self._job(step)
        log = self._sagemaker.jobs.log(job) if job else None
        if log is None or not log.is_file():
            outcome = step.get("Metadata", {}).get("Condition", {}).get("Outcome")
            return {"True": "every gate is passed", "False": "a gate is not passed"}.get(str(outcome), "")
        lines = log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    @staticmethod
    def _job(step: dict[str, Any]) -> str:
        metadata = step.get("Metadata", {})
        jobs = (metadata[kind] for kind in ("ProcessingJob", "TrainingJob", "TuningJob") if kind in metadata)
        arn = str(next(jobs, {"Arn": ""}).get("Arn", ""))
        return arn.rpartition("/")[2]


def _ranked(explained: dict[str, Any]) -> dict[str, float]:
    """Mean absolute attributions by feature, the largest first; none where the algorithm cannot say."""
    shares: dict[str, float] = explained["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    return dict(sorted(shares.items(), key=lambda it: (-it[1], it[0])))

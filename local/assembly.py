"""Reads a CDK cloud assembly: which stacks there are, in which order, and which files they need.

Format: https://docs.aws.amazon.com/cdk/v2/guide/deploy.html#deploy-how-synth-assemblies. Only reads; what is deployed
locally is byte for byte what ``cdk deploy`` would send.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from headrace.errors import HeadraceError


class AssemblyError(HeadraceError):
    """The directory is not an assembly that can be deployed here."""


@dataclass(frozen=True, kw_only=True)
class FileAsset:
    """A file or directory to upload. A directory (``zip``) is packed first."""

    path: Path
    zip: bool
    bucket: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One stack: its template, its parameters' values and the assets it refers to."""

    name: str
    template: Path
    template_url: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    assets: tuple[FileAsset, ...]


def stacks(directory: Path, *, account: str, region: str) -> list[Stack]:
    """The stacks of an assembly, dependencies first.

    Args:
        directory: What ``cdk synth`` wrote (``cdk.out``).
        account: Replaces ``${AWS::AccountId}`` in names.
        region: Replaces ``${AWS::Region}``.

    Raises:
        AssemblyError: it is no assembly, needs context from an account, or has docker images.
    """
    manifest = _read(directory / "manifest.json")
    if manifest.get("missing"):
        keys = ", ".join(item["key"] for item in manifest["missing"])
        raise AssemblyError(f"{directory} was synthesized without context from an AWS account: {keys}")
    artifacts = manifest["artifacts"]
    wanted = {name for name, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"}
    if not wanted:
        raise AssemblyError(f"{directory} has no stacks; run `make synth` first")
    graph = {name: wanted & set(_dependencies(artifacts, name)) for name in wanted}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as exc:
        raise AssemblyError(f"the stacks depend on each other in a circle: {exc.args[1]}") from exc
    names = {"${AWS::AccountId}": account, "${AWS::Region}": region, "${AWS::Partition}": "aws"}
    return [_stack(directory, artifacts, name, names) for name in sorted(order, key=_stable(graph))]


def _stable(graph: Mapping[str, set[str]]) -> Any:
    """Orders by depth, then by name, so that two deploys do the same in the same order."""

    def depth(name: str) -> int:
        return 1 + max((depth(other) for other in graph[name]), default=0)

    return lambda name: (depth(name), name)


def _dependencies(artifacts: Mapping[str, Any], name: str) -> Iterator[str]:
    yield from artifacts[name].get("dependencies", [])


def _stack(directory: Path, artifacts: Mapping[str, Any], name: str, names: Mapping[str, str]) -> Stack:
    artifact = artifacts[name]
    properties = artifact["properties"]
    manifests = [
        artifacts[other]["properties"]["file"]
        for other in _dependencies(artifacts, name)
        if artifacts[other]["type"] == "cdk:asset-manifest"
    ]
    assets = [asset for file in manifests for asset in _assets(directory, file, names)]
    url = _expanded(properties.get("stackTemplateAssetObjectUrl", ""), names)
    return Stack(
        name=properties.get("stackName", name),
        template=directory / properties["templateFile"],
        template_url=url.replace("s3://", "https://s3.amazonaws.com/"),
        parameters=properties.get("parameters", {}),
        tags=properties.get("tags", {}),
        assets=tuple(assets),
    )


def _assets(directory: Path, file: str, names: Mapping[str, str]) -> Iterator[FileAsset]:
    manifest = _read(directory / file)
    if manifest.get("dockerImages"):
        raise AssemblyError(f"{file} has docker images, which are not deployed locally")
    for asset in manifest.get("files", {}).values():
        for destination in asset["destinations"].values():
            yield FileAsset(
                path=directory / asset["source"]["path"],
                zip=asset["source"]["packaging"] == "zip",
                bucket=_expanded(destination["bucketName"], names),
                key=_expanded(destination["objectKey"], names),
            )


def _expanded(text: str, names: Mapping[str, str]) -> str:
    for placeholder, value in names.items():
        text = text.replace(placeholder, value)
    return text


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError as exc:
        raise AssemblyError(f"{path} does not exist; run `make synth` first") from exc
    except json.JSONDecodeError as exc:
        raise AssemblyError(f"{path} is not JSON: {exc}") from exc
    return found

"""A cloud assembly made by hand, as ``cdk synth`` writes it, and what became of its stacks."""

import json
from pathlib import Path
from typing import Any

from local_account import Account

ASSETS = "cdk-hnb659fds-assets-${AWS::AccountId}-eu-west-1"


class Assembly:
    """Writes a cloud assembly as ``cdk synth`` does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._artifacts: dict[str, Any] = {}
        directory.mkdir(exist_ok=True)

    def stack(self, name: str, template: dict[str, Any], *, after: tuple[str, ...] = (), code: str = "") -> str:
        """Add a stack, with a zip asset of one file if there is code. Returns the asset's key."""
        (self.directory / f"{name}.template.json").write_text(json.dumps(template))
        files = {}
        if code:
            folder = self.directory / f"asset.{name}"
            folder.mkdir(exist_ok=True)
            (folder / "handler.py").write_text(code)
            destination = {"bucketName": ASSETS, "objectKey": f"{name}.zip"}
            source = {"path": folder.name, "packaging": "zip"}
            files[name] = {"source": source, "destinations": {"here": destination}}
        (self.directory / f"{name}.assets.json").write_text(json.dumps({"files": files, "dockerImages": {}}))
        self._artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{name}.assets.json"},
        }
        self._artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json"},
            "dependencies": [*after, f"{name}.assets"],
        }
        (self.directory / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": self._artifacts}))
        return f"{name}.zip"


def topic(**properties: Any) -> dict[str, Any]:
    """A resource."""
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


def logical_ids(account: Account, stack: str) -> set[str]:
    """The resources a stack has now."""
    resources = account.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return {resource["LogicalResourceId"] for resource in resources}

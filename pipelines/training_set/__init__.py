"""Training sets from the lake: the features and label of every labelled event, by date, built again only where needed.

``build`` brings a set to what an ``Order`` asks for. The work is the same whichever engine does it: ``machine`` for one
machine, ``pipelines.glue`` for Spark. A set is ``training/{name}/dt=YYYY-MM-DD/part-N.parquet`` and ``manifest.json``;
names that begin with an underscore are bookkeeping.
"""

from pipelines.training_set.build import Built, Engine, build
from pipelines.training_set.errors import LakeError
from pipelines.training_set.objects import Folder, ObjectStore
from pipelines.training_set.order import Order

__all__ = ["Built", "Engine", "Folder", "LakeError", "ObjectStore", "Order", "build"]

"""For native Model Monitor: one captured call as flat rows. Its container imports this file and nothing else of ours.

Headrace's endpoints take ``{"instances": [{...}]}``; Model Monitor reads flat records only.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-pre-and-post-processing.html
"""

import json
from typing import Any


def preprocess_handler(inference_record: Any) -> list[dict[str, Any]]:
    """Features and score of every row of a call.

    Args:
        inference_record: with ``endpoint_input.data`` and ``endpoint_output.data``, JSON texts.
    """
    asked = json.loads(inference_record.endpoint_input.data)["instances"]
    answered = json.loads(inference_record.endpoint_output.data)["predictions"]
    return [{**row, "score": it["score"]} for row, it in zip(asked, answered, strict=True)]

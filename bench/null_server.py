"""DynamoDB, Firehose and the Feature Store reduced to their protocol: what remains of a call is the client's own work.

Runs as its own process, so that its work does not count. It remembers items, so that reads bring back what was written;
it checks nothing.
"""

import json
import sys
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Item = dict[str, dict[str, str]]
TABLE: dict[str, dict[str, Item]] = defaultdict(dict)


def answer(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one call."""
    match operation:
        case "BatchGetItem":
            ((name, wanted),) = request["RequestItems"].items()
            found = [TABLE[key["entity"]["S"]].get(key["source"]["S"]) for key in wanted["Keys"]]
            return {"Responses": {name: [item for item in found if item]}, "UnprocessedKeys": {}}
        case "BatchExecuteStatement":
            for statement in request["Statements"]:
                _execute(statement)
            return {"Responses": [{} for _ in request["Statements"]]}
        case "Query":
            items = list(TABLE[request["ExpressionAttributeValues"][":entity"]["S"]].values())
            return {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        case "GetItem":
            item = TABLE[request["Key"]["entity"]["S"]].get(request["Key"]["source"]["S"])
            return {"Item": item} if item else {}
        case "PutItem":
            TABLE[request["Item"]["entity"]["S"]][request["Item"]["source"]["S"]] = request["Item"]
            return {}
        case "PutRecordBatch":
            return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"} for _ in request["Records"]]}
    raise ValueError(f"the benchmark does not speak {operation}")


def _execute(statement: dict[str, Any]) -> None:
    state, mark, folded, expires_at, entity, source, *_ = statement["Parameters"]
    TABLE[entity["S"]][source["S"]] = {
        "state": state,
        "mark": mark,
        "folded": folded,
        "expires_at": expires_at,
        "entity": entity,
        "source": source,
    }


class Handler(BaseHTTPRequestHandler):
    """One connection of the AWS JSON protocol."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self) -> None:
        """Take a record of the Feature Store."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response_only(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """Answer one call."""
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps(answer(self.headers["x-amz-target"].rpartition(".")[2], request)).encode()
        self.send_response_only(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve on a free port of 127.0.0.1, printed first, until the parent goes away."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()

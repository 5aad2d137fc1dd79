"""A process that has imported everything and forks a `mindseye` a command line, so that a test can really kill it.

It reads a JSON list of arguments a line; for each it prints the child's process id at once, and its exit status.
"""

import json
import os
import sys

import mindseye.batch.local
import mindseye.batch.run
import mindseye.cli.batch_progress
import mindseye.loading  # noqa: F401
from mindseye.cli.main import main


def serve():
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os._exit(main(json.loads(line)))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()

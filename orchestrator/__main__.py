"""`python -m orchestrator` and `ncvq`: the command line."""

import atexit
import os
import sys

from ncvq_core.packages import pin
from orchestrator.cli.app import app


def main() -> None:
    """Run a command, and leave as soon as it is over.

    The interpreter's own shutdown is skipped. On a busy machine, threads of libraries that start during it abort the
    process about once in some dozen times, and the exit code would then be that of a crash.
    """
    pin()
    try:
        app(prog_name="ncvq")
    except SystemExit as end:
        code = end.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()

"""`python -m orchestrator` and `ncvq`: the command line."""

import atexit
import os
import sys

from ncvq_core.packages import pin
from orchestrator.cli.app import app


def main() -> None:
    """Run a command, and leave as soon as it is over.

    The interpreter does not take itself apart: libraries' threads that begin to run only then abort the process once
    in some dozen times on a busy machine, after all is done, and the exit code would say so.
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

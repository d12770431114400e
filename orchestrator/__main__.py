"""`python -m orchestrator` is `ncvq`."""

from orchestrator.cli import app

if __name__ == "__main__":
    app(prog_name="ncvq")

"""The command `ncvq`, also `python -m ncvq_command`: finds ncvq's own packages, whatever folder it is in."""

from ncvq_core.packages import pin


def main() -> None:
    """Run the command line."""
    pin()
    from orchestrator.__main__ import main as run

    run()


if __name__ == "__main__":
    main()

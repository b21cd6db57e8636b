"""Runs the command line as `python -m photopoem`."""

from photopoem.cli import main

if __name__ == "__main__":
    main()

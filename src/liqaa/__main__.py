"""`python -m liqaa`."""

from liqaa.cli import main

if __name__ == "__main__":
    main()

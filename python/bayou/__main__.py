"""`python -m bayou`: the command line."""

from bayou.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m deploy.command` is the `candour` command."""

from deploy.command import main

if __name__ == "__main__":
    main()

"""One module per command, each exposing `command`; loaded only when it is called."""

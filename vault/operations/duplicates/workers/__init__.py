"""Where the work of `dedupe` is done: here, in child processes, or on a cluster."""

"""What a file is meant to be where its name or its form says otherwise."""

"""Two datasets: which rows differ, and which replaced which."""

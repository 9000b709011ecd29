"""Model runs as text: generating, judging, and what both cost."""

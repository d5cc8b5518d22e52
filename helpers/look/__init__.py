"""What the notebooks draw, and what learners play with."""

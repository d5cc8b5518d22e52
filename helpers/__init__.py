"""The logic behind the notebooks of *Show, Tell, Sort*: one small module for each noun of the field."""

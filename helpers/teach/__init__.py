"""Exercises that check themselves, and their solutions."""

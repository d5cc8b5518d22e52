"""Pictures with their captions: data sets, words, and what both become before a network sees them."""

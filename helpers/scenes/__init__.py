"""The drawn data set: captioned pictures that need no download, with the truth beside them."""

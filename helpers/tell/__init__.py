"""From numbers to sentences: the decoders, their training, and how to get a caption out of them."""

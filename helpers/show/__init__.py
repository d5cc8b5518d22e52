"""From pictures to numbers: the CNN that learns to classify, and the encoder that is left of it."""

"""From sentences to albums: vectors of captions, groups, names, folders, a gallery."""

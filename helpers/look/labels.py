"""Names on a map, each near its group: moved apart where they would overlap, and into the frame."""

import numpy as np

from helpers.base.arrays import as_array


def apart(centres, sizes, low=(-np.inf, -np.inf), high=(np.inf, np.inf), rounds: int = 300) -> np.ndarray:
    """Centres (k, 2) of labels of these sizes (k, 2), moved as little as it takes; the frame is low to high.

    Two that overlap go up and down by half of what they share, again and again. Where there is no room for
    all, some still overlap in the end.
    """
    centres, sizes = as_array(centres, float).reshape(-1, 2).copy(), as_array(sizes, float).reshape(-1, 2)
    low, high = np.minimum(low + sizes / 2, high), np.maximum(high - sizes / 2, low)
    low, high = np.minimum(low, high), np.maximum(low, high)
    centres = np.clip(centres, low, high)
    for _ in range(rounds):
        moved = False
        for i in range(len(centres)):
            for j in range(i):
                away = centres[i] - centres[j]
                shared = (sizes[i] + sizes[j]) / 2 - np.abs(away)
                if shared.min() > 1e-9:
                    step = (1 if away[1] >= 0 else -1) * (shared[1] / 2 + 1e-6)
                    centres[i, 1], centres[j, 1], moved = centres[i, 1] + step, centres[j, 1] - step, True
        centres = np.clip(centres, low, high)
        if not moved:
            break
    return centres


def spread_texts(figure) -> None:
    """Move the texts of every panel of a matplotlib Figure apart, and into the panel."""
    figure.draw_without_rendering()  # lays the panels out: only then a text's size is known
    for ax in figure.axes:
        texts = [text for text in ax.texts if text.get_text()]
        boxes = np.array([text.get_window_extent().get_points() for text in texts]).reshape(-1, 2, 2)
        frame = ax.get_window_extent()
        centres = apart(boxes.mean(1), boxes[:, 1] - boxes[:, 0], frame.min, frame.max)
        for text, there, here in zip(texts, centres, boxes.mean(1), strict=True):
            if np.abs(there - here).max() > 0.5:  # pixels
                text.set_position(ax.transData.inverted().transform(there))

"""Collections of any size, and what they cost: a worker of `helpers.scale` captions on a second device."""

import json

import numpy as np
import pytest
from PIL import Image
from small_world import paint

from helpers.scale.budget import measure, plan
from helpers.sort.clustering import cluster_captions
from helpers.tell.captioner import SHIPPED, Captioner


def test_a_worker_says_what_its_captioner_says(gpu, tmp_path):
    pytest.importorskip("ray", reason="no extra 'scale' is installed")
    from pyarrow import parquet

    from helpers.scale.captioning import CaptionWorker, part

    pixels = np.random.default_rng(0).integers(0, 255, (3, 256, 256, 3), np.uint8)
    batch = {"key": ["0"], "names": [json.dumps(["a", "b", "c"])], "errors": [json.dumps(["", "", ""])]}
    worker = CaptionWorker(SHIPPED, tmp_path, 3)
    assert worker.captioner.device.type == gpu.type
    assert worker(batch | {"pixels": [pixels.tobytes()]})["captioned"] == [3]
    rows = parquet.read_table(part(tmp_path, "0")).to_pylist()
    spoken = Captioner.load(SHIPPED, device="cpu").caption([Image.fromarray(image) for image in pixels])
    assert [row["caption"] for row in rows] == spoken and len(rows[0]["context"]) > 9


def test_what_it_would_cost(gpu, tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(4)]
    for path in paths:
        paint(path, "navy")
    captions = ["a dog", "a cat"] * 4
    rates = measure(Captioner.load(SHIPPED), paths, captions, cluster_captions(captions, 2))
    assert plan(1e6, 8, rates)["hours"] > 0

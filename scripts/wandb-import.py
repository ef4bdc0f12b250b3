#!/usr/bin/env python3
"""Sends the curve of `llava-eval watch` (curve.jsonl), or of finished runs, to Weights & Biases. Needs: pip install wandb

    python wandb-import.py PROJECT results/watch-my-training [NAME]
    python wandb-import.py PROJECT results/run-1 results/run-2
"""
import json
import pathlib
import sys

import wandb

project, *arguments = sys.argv[1:]
folders = [pathlib.Path(argument) for argument in arguments if pathlib.Path(argument).is_dir()]
names = [argument for argument in arguments if not pathlib.Path(argument).is_dir()]
for folder in folders:
    curve = folder / "curve.jsonl"
    points = [json.loads(line) for line in curve.read_text().splitlines()] if curve.exists() else []
    if not points:
        results = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
        metrics = {
            f"{result['task']}/{metric['name']}": metric["value"]
            for result in results
            if str(result.get("schema", "")).startswith("llava-eval/result@")
            for metric in result["metrics"]
            if metric["value"] is not None
        }
        points = [{"step": 0, "scalars": metrics}]
    with wandb.init(project=project, name=names[0] if names else folder.name) as run:
        for point in points:
            run.log(point["scalars"], step=point["step"])

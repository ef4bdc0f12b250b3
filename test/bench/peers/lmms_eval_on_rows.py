"""Runs lmms-eval's own command on rows of a folder: `datasets.load_dataset` gives these, everything else is its own code.

    python lmms_eval_on_rows.py PLAN.json

PLAN: {"arguments": [...], "tasks": [{"name", "output", "files": [{"config", "split", "path", "images", "lists"}]}]};
`images` and `lists` name the columns that the hub declares as images and as lists of images.
"""

import json
import runpy
import sys
import traceback

import datasets
import pyarrow.parquet

files = []


def rows_of(file):
    rows = datasets.Dataset(pyarrow.parquet.read_table(file["path"]))
    for column in file["images"]:
        rows = rows.cast_column(column, datasets.Image())
    for column in file["lists"]:
        rows = rows.cast_column(column, datasets.Sequence(datasets.Image()))
    return rows


def load_dataset(path, name=None, split=None, **_):
    found = [file for file in files if file["config"] in (None, name)]
    if not found:
        raise FileNotFoundError(f"the plan has no rows for {path}, {name}")
    loaded = datasets.DatasetDict({file["split"]: rows_of(file) for file in found})
    return loaded if split is None else loaded[split]


datasets.load_dataset = load_dataset
with open(sys.argv[1], encoding="utf-8") as file:
    plan = json.load(file)
for task in plan["tasks"]:
    print(f"## {task['name']}", flush=True)
    files = task["files"]
    sys.argv = ["lmms_eval", *plan["arguments"], "--tasks", task["name"], "--output_path", task["output"]]
    try:
        runpy.run_module("lmms_eval", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        print(f"ended with {end.code}", flush=True)
    except Exception:
        traceback.print_exc(file=sys.stdout)

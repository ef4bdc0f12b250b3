"""Stands for the wandb package: writes what it is told to the file WANDB_FAKE_LOG, a JSON line each."""
import json
import os


def _tell(**line):
    with open(os.environ["WANDB_FAKE_LOG"], "a") as log:
        log.write(json.dumps(line) + "\n")


class init:
    def __init__(self, project, name):
        _tell(project=project, name=name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _tell(finished=True)

    def log(self, values, step):
        _tell(step=step, values=values)

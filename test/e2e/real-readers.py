"""Reads what llava-eval exports with a real consumer: READER FILE -> what it found, as JSON. For test/e2e/real-readers.test.ts."""
import json
import sys


def model_card(path):
    """huggingface_hub: as it is loaded, and again after it was written by `card.save`, which merges what looks alike."""
    from huggingface_hub import ModelCard

    card = ModelCard.load(path)
    again = ModelCard(str(card))
    def rows(data):
        return [[r.dataset_name, r.metric_type, r.metric_name, r.metric_value, r.metric_args] for r in data.eval_results]
    return {"model": card.data.model_name, "loaded": rows(card.data), "saved": rows(again.data)}


def eval_results(path):
    """huggingface_hub's own entries of a `.eval_results` file, and the file that it would write of them."""
    import yaml
    from huggingface_hub import eval_result_entries_to_yaml, parse_eval_result_entries

    with open(path) as file:
        given = yaml.safe_load(file)
    return {"given": given, "again": eval_result_entries_to_yaml(parse_eval_result_entries(given))}


def junit(path):
    from junitparser import JUnitXml

    suites = JUnitXml.fromfile(path)
    cases = [[case.name, [type(result).__name__ for result in case.result]] for suite in suites for case in suite]
    return {"tests": suites.tests, "failures": suites.failures, "cases": cases}


def csv(path):
    import pandas

    table = pandas.read_csv(path)
    return {"types": {name: str(kind) for name, kind in table.dtypes.items()}, "rows": json.loads(table.to_json(orient="values"))}


def recipe(path):
    """A block of results/README.md, run in the folder of its file, which leaves `samples`."""
    found = {}
    exec(sys.stdin.read(), found)
    samples = found["samples"]
    kind = type(samples).__module__.split(".")[0]
    rows = {
        "pandas": lambda: json.loads(samples.to_json(orient="records")),
        "polars": lambda: samples.to_dicts(),
        "duckdb": lambda: [dict(zip(samples.columns, row)) for row in samples.fetchall()],
        "_duckdb": lambda: [dict(zip(samples.columns, row)) for row in samples.fetchall()],
        "pyarrow": lambda: samples.to_pylist(),
    }[kind]()
    return [{"id": row["id"], "cluster": row["cluster"], "value": (row["score"] or {}).get("value")} for row in rows]


def parquet(path):
    """The same numbers by four libraries."""
    import duckdb
    import pandas
    import polars
    import pyarrow.parquet

    arrow = pyarrow.parquet.read_table(path).to_pylist()
    means = {
        "pandas": pandas.read_parquet(path).groupby("label").value.mean().to_dict(),
        "polars": dict(polars.read_parquet(path).group_by("label").agg(polars.col("value").mean()).iter_rows()),
        "duckdb": dict(duckdb.sql(f"select label, avg(value) from '{path}' group by label").fetchall()),
    }
    return {"means": means, "rows": arrow}


def tensorboard(path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(path)
    events.Reload()
    return {tag: [[event.step, event.value] for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def mlflow(url):
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=url)
    runs = [run for experiment in client.search_experiments() for run in client.search_runs([experiment.experiment_id])]
    return [
        {
            "status": run.info.status,
            "tags": {key: value for key, value in run.data.tags.items() if key.startswith("llava-eval.")},
            "metrics": {
                key: [[point.step, point.value] for point in client.get_metric_history(run.info.run_id, key)]
                for key in run.data.metrics
            },
        }
        for run in runs
    ]


if __name__ == "__main__":
    reader = {f.__name__: f for f in (model_card, eval_results, junit, csv, recipe, parquet, tensorboard, mlflow)}[sys.argv[1]]
    json.dump(reader(sys.argv[2]), sys.stdout, default=str)

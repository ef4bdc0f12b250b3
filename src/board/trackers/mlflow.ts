/** MLflow through its REST API (2.0): an experiment by name, one run, metrics over steps. */
import { existsSync } from "node:fs";
import { UserError } from "../../core/errors.js";
import { check, Type } from "../../core/schema.js";
import { readJson } from "../../files/json-file.js";
import { writeJson } from "../../files/whole-file.js";
import type { Run as EvaluationRun } from "../../record/read.js";
import { scalarsOf, type Tracker } from "./scalars.js";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface MlflowOptions {
  /** `http://host:5000`. */
  readonly url: string;
  readonly experiment: string;
  readonly runName: string;
  /** Where the run's id is kept, so that a restart goes on with the same run. */
  readonly stateFile: string;
  /** Sends one request with a JSON body (GET: none). Passed in: the board opens no connections of its own. */
  send(method: "GET" | "POST", url: string, body?: string): Promise<HttpAnswer>;
}

/** MLflow refuses more in one call. */
const metricsPerCall = 1000;

const Experiment = Type.Object({ experiment: Type.Object({ experiment_id: Type.String() }) });
const Created = Type.Object({ experiment_id: Type.String() });
const State = Type.Object({ runId: Type.String() });
const Run = Type.Object({ run: Type.Object({ info: Type.Object({ run_id: Type.String() }) }) });

export function openMlflow(options: MlflowOptions): Tracker {
  // Unset until a run was really made: after a failure the next step tries again.
  let runId: string | undefined;
  return {
    async log(run, step, time) {
      runId ??= (await readState(options.stateFile)) ?? (await createRun(run, options, time));
      await logMetrics(runId, run, { step, time }, options);
    },
    async [Symbol.asyncDispose]() {
      if (runId === undefined) return;
      await call("POST", "runs/update", { run_id: runId, status: "FINISHED", end_time: Date.now() }, options);
    },
  };
}

async function createRun(run: EvaluationRun, options: MlflowOptions, time: number): Promise<string> {
  const experimentId = await experimentOf(options);
  const tags = [
    { key: "llava-eval.model", value: run.manifest.model },
    { key: "llava-eval.run", value: run.manifest.name },
  ];
  const body = { experiment_id: experimentId, run_name: options.runName, start_time: time, tags };
  const created = check(Run, await call("POST", "runs/create", body, options), options.url, notMlflow);
  await writeJson(options.stateFile, "MLflow's run id", { runId: created.run.info.run_id });
  return created.run.info.run_id;
}

async function experimentOf(options: MlflowOptions): Promise<string> {
  const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(options.experiment)}`;
  const answer = await options.send("GET", endpoint(options, query));
  if (answer.status === 404) {
    const created = await call("POST", "experiments/create", { name: options.experiment }, options);
    return check(Created, created, options.url, notMlflow).experiment_id;
  }
  return check(Experiment, parsed(answer, query, options), options.url, notMlflow).experiment.experiment_id;
}

async function logMetrics(
  runId: string,
  run: EvaluationRun,
  { step, time }: { readonly step: number; readonly time: number },
  options: MlflowOptions,
): Promise<void> {
  const metrics = [...scalarsOf(run)].map(([key, value]) => ({ key: allowedKey(key), value, timestamp: time, step }));
  for (let i = 0; i < metrics.length; i += metricsPerCall) {
    await call("POST", "runs/log-batch", { run_id: runId, metrics: metrics.slice(i, i + metricsPerCall) }, options);
  }
}

/** Letters, digits, `_`, `-`, `.`, `/` and blanks. */
const allowedKey = (key: string) => key.replace(/[^\w\-./ ]/g, "_");

async function call(method: "GET" | "POST", path: string, body: object, options: MlflowOptions): Promise<unknown> {
  return parsed(await options.send(method, endpoint(options, path), JSON.stringify(body)), path, options);
}

function parsed({ status, body }: HttpAnswer, path: string, { url }: MlflowOptions): unknown {
  if (status < 200 || status > 299) {
    throw new UserError(`MLflow answered ${status} to ${path}: ${body.slice(0, 200)}`, url, notMlflow);
  }
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new UserError(`MLflow's answer to ${path} is not JSON`, url, notMlflow, { cause: error });
  }
}

const endpoint = ({ url }: MlflowOptions, path: string) => `${url.replace(/\/+$/, "")}/api/2.0/mlflow/${path}`;
const notMlflow = "check that the URL is an MLflow tracking server (2.x or later)";

async function readState(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  return check(State, await readJson(path), path, "delete the file: a new MLflow run is begun").runId;
}

/**
 * A Result and its samples in the form of Every Eval Ever 0.3.0 (evaleval/every_eval_ever, MIT): one aggregate for each task of a run and a
 * line for each sample. Its schemas stand in test/board/every-eval-ever.
 */
import { defined } from "../../core/defined.js";
import { canonicalJson, digestOf, textDigest } from "../../core/digest.js";
import type { Json } from "../../core/json.js";
import type { MetricResult } from "../../core/metric-result.js";
import type { Result } from "../../core/result.js";
import { outcomeOf, valueUnder } from "../../record/outcome.js";
import { repeatCommand } from "../../record/repeat-command.js";
import type { RunManifest } from "../../record/run-manifest.js";
import type { SampleRecord } from "../../record/samples.js";
import type { TimingRecord } from "../../record/timing-record.js";
import type { Publisher } from "./publisher.js";

const schemaVersion = "0.3.0";

/** What both files of a task say of it. */
export interface EeeSubject {
  readonly manifest: RunManifest;
  readonly result: Result;
  readonly publisher: Publisher;
  /** Of llava-eval. */
  readonly version: string;
}

/** Of a task's two files: where they lie below the folder, the same for the same run. */
export interface EeePlace {
  readonly aggregate: string;
  readonly samples: string;
}

export function eeePlace(subject: EeeSubject): EeePlace {
  const { manifest, result } = subject;
  const [developer = "", name = ""] = modelIdOf(subject).split("/");
  const seed = {
    run: manifest.name,
    task: result.task,
    finishedAt: manifest.finishedAt ?? "",
    model: modelIdOf(subject),
  };
  const folder = ["data", pathPart(result.task), pathPart(developer), pathPart(name)].join("/");
  const id = uuidOf(digestOf(seed, 32));
  return { aggregate: `${folder}/${id}.json`, samples: `${folder}/${id}_samples.jsonl` };
}

/** In the form of a random UUID (version 4). */
const uuidOf = (hex: string) =>
  [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${"89ab"[Number.parseInt(hex.slice(16, 17), 16) % 4]}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");

const pathPart = (text: string) => text.replace(/[^\w.@+-]+/g, "-").replace(/^[.-]+/, "") || "unknown";

/** `org/name`, as the hub calls models. */
export function modelIdOf({ result, publisher }: Pick<EeeSubject, "result" | "publisher">): string {
  if (publisher.modelId !== undefined) return publisher.modelId;
  const isHubName = /^[\w][\w.-]*\/[\w][\w.-]*$/.test(result.model);
  return isHubName ? result.model : `unknown/${pathPart(result.model)}`;
}

const seconds = ({ finishedAt, startedAt }: RunManifest) =>
  String(Math.floor(Date.parse(finishedAt ?? startedAt) / 1000));

const evaluationId = (subject: EeeSubject) =>
  `${subject.result.task}/${modelIdOf(subject)}/${seconds(subject.manifest)}`;
const resultId = ({ result }: EeeSubject, { name }: MetricResult) => `${result.task}/${name}`;
const evaluationName = ({ result }: EeeSubject, { name }: MetricResult) => `${result.task} - ${name}`;

/** Where the lines about the samples lie, and what they hold. */
export interface EeeSamples {
  readonly path: string;
  readonly sha256: string;
  readonly rows: number;
}

/** @param samples  absent where no sample has a value of its own */
export function eeeAggregate(subject: EeeSubject, samples: EeeSamples | undefined): object {
  const { manifest, result, publisher, version } = subject;
  const { organization = "unknown", relationship = "other", url } = publisher;
  const library = { name: "llava-eval", version };
  return {
    schema_version: schemaVersion,
    evaluation_id: evaluationId(subject),
    evaluation_timestamp: seconds(manifest),
    retrieved_timestamp: seconds(manifest),
    source_metadata: {
      source_name: "llava-eval",
      source_type: "evaluation_run",
      source_organization_name: organization,
      ...defined({ source_organization_url: url }),
      evaluator_relationship: relationship,
    },
    eval_library: library,
    model_info: modelInfo(subject),
    evaluation_results: result.metrics
      .filter(({ value }) => value !== null)
      .map((metric) => evaluationResult(subject, metric)),
    ...(samples
      ? {
          detailed_evaluation_results: {
            format: "jsonl",
            file_path: samples.path,
            hash_algorithm: "sha256",
            checksum: samples.sha256,
            total_rows: samples.rows,
          },
        }
      : {}),
  };
}

function modelInfo({ manifest, result, publisher, version }: EeeSubject): object {
  const isLocal = (manifest.config.model as { runner?: unknown } | undefined)?.runner === "local";
  return {
    name: result.model,
    id: modelIdOf({ result, publisher }),
    ...(isLocal ? { inference_engine: { name: "llava-eval", version } } : {}),
    additional_details: {
      deployment_type: isLocal ? "self_deployed" : "unknown",
      model_availability: publisher.availability ?? "unknown",
      fingerprint_sha256: textDigest(canonicalJson(result.fingerprint as Json)),
    },
  };
}

function evaluationResult(subject: EeeSubject, metric: MetricResult): object {
  const { result } = subject;
  const { value, stderr, interval, method = "unknown", n } = metric;
  return {
    evaluation_result_id: resultId(subject, metric),
    evaluation_name: evaluationName(subject, metric),
    source_data: sourceData(result),
    metric_config: {
      metric_id: metric.name,
      metric_name: metric.name,
      metric_unit: metric.unit === "fraction" ? "proportion" : metric.unit,
      lower_is_better: metric.direction === "lower",
      ...boundsOf(metric),
      ...moreOf(result, metric),
    },
    score_details: {
      score: value,
      details: detailsOf(result),
      uncertainty: {
        num_samples: n,
        ...(stderr === undefined ? {} : { standard_error: { value: stderr, method } }),
        ...(interval
          ? { confidence_interval: { lower: interval[0], upper: interval[1], confidence_level: 0.95, method } }
          : {}),
      },
    },
    generation_config: generationConfig(subject),
  };
}

/** What the form has no key of its own for. */
function moreOf({ judge }: Result, metric: MetricResult): object {
  const more = texts({
    reported_as: metric.reportedAs,
    judge: judge?.model,
    judge_prompt_digest: judge?.promptDigest,
  });
  return Object.keys(more).length > 0 ? { additional_details: more } : {};
}

/** A continuous score must have bounds there; of points and ratios nobody here says which. */
function boundsOf({ unit }: MetricResult): object {
  if (unit !== "fraction" && unit !== "percent") return {};
  return { score_type: "continuous", min_score: 0, max_score: unit === "fraction" ? 1 : 100 };
}

function sourceData({ task, dataset, n }: Result): object {
  if (dataset.kind !== "hub") return { dataset_name: task, source_type: "other" };
  return {
    ...{ dataset_name: task, source_type: "hf_dataset", hf_repo: dataset.source, hf_split: dataset.split },
    samples_number: n.total,
    additional_details: texts({
      revision: dataset.revision,
      configs: dataset.configs?.join(", "),
      licence: dataset.licence,
      rows_sha256: dataset.digest,
    }),
  };
}

/** What a reader of the score must know. */
const detailsOf = ({ n, flags, remarks, notes }: Result) =>
  texts({
    flags: flags.length > 0 ? flags.join(" ") : undefined,
    total: n.total,
    ...Object.fromEntries(Object.entries(n.unscored).map(([reason, count]) => [`unscored_${reason}`, count])),
    ...Object.fromEntries(Object.entries(remarks).map(([remark, count]) => [`remarks_${remark}`, count])),
    notes: notes.length > 0 ? notes.join("; ") : undefined,
  });

function generationConfig({ manifest, result }: EeeSubject): object {
  const { temperature, topP, topK, maxNewTokens } = result.generation as Readonly<Record<string, number | undefined>>;
  return {
    generation_args: {
      ...defined({ temperature, top_p: topP, top_k: topK, max_tokens: maxNewTokens }),
      execution_command: repeatCommand(manifest).line,
    },
    additional_details: texts({
      task_version: result.version,
      prompt_profile: result.promptProfile,
      scoring: result.scoring,
      reasoning_tags: result.reasoningTags?.join(", "),
      frames: result.frames?.rule,
      seed: result.seed,
      repeats: result.repeats,
    }),
  };
}

/** The form's tables hold texts alone. */
const texts = (values: Readonly<Record<string, string | number | undefined>>) =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  );

/**
 * The line of one sample. Undefined where it has no score: the form requires one, and a failure is none; the aggregate's details count them.
 * @param timing  of its request to the model
 */
export function eeeSample(
  subject: EeeSubject,
  record: SampleRecord,
  timing: TimingRecord | undefined,
): object | undefined {
  const { result } = subject;
  const [main] = result.metrics;
  if (record.state !== "scored" || !main) return undefined;
  const score = valueUnder(record.score, main.of ?? main.name);
  if (score === undefined) return undefined;
  const { prompt = "", text, reasoning, turns } = record;
  const { answer, targets = [], remark } = record.score;
  const messages = turns && [
    { turn_idx: 0, role: "user", content: prompt },
    ...turns.map((content, i) => ({ turn_idx: i + 1, role: "assistant", content })),
  ];
  return {
    schema_version: schemaVersion,
    evaluation_id: evaluationId(subject),
    model_id: modelIdOf(subject),
    evaluation_name: evaluationName(subject, main),
    evaluation_result_id: resultId(subject, main),
    sample_id: record.repeat ? `${record.id} (repeat ${record.repeat})` : record.id,
    sample_hash: textDigest(prompt + JSON.stringify(targets)),
    interaction_type: messages ? "multi_turn" : "single_turn",
    input: { raw: prompt, reference: [...targets] },
    output: messages ? null : { raw: [text], ...(reasoning === undefined ? {} : { reasoning_trace: [reasoning] }) },
    messages: messages ?? null,
    answer_attribution: [
      {
        turn_idx: messages ? messages.length - 1 : 0,
        source: messages ? "messages[turn_idx].content" : "output.raw",
        extracted_value: answer,
        extraction_method: `llava-eval/${result.task}@${result.version}/${result.scoring}`,
        is_terminal: true,
      },
    ],
    evaluation: {
      score,
      is_correct: outcomeOf(record.score, main) === "right",
      ...(messages ? { num_turns: turns?.length } : {}),
    },
    ...usageOf(timing),
    metadata: texts({
      cluster: record.cluster,
      images: record.images?.join(","),
      finish: record.finish,
      remark,
      ...Object.fromEntries(Object.entries(record.groups ?? {}).map(([group, value]) => [`group_${group}`, value])),
    }),
  };
}

function usageOf(timing: TimingRecord | undefined): object {
  if (!timing) return {};
  const { promptTokens, completionTokens, cachedTokens, reasoningTokens, totalMs } = timing;
  return {
    ...(promptTokens === undefined || completionTokens === undefined
      ? {}
      : {
          token_usage: {
            ...{ input_tokens: promptTokens, output_tokens: completionTokens },
            total_tokens: promptTokens + completionTokens,
            ...defined({ input_tokens_cache_read: cachedTokens, reasoning_tokens: reasoningTokens }),
          },
        }),
    performance: { latency_ms: totalMs },
  };
}

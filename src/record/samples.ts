/**
 * One line of a journal. A sample is `failed` (no answer), `answered` (an answer and no score yet) or `scored`: a union, read
 * by a schema, so that nobody has to guess from the fields that happen to be there.
 */
import { UserError, unscoredReasons } from "../core/errors.js";
import { type Static, Type, violationOf } from "../core/schema.js";
import { AnyJson, Dictionary, List, Strings } from "../core/schema-parts.js";
import { remarks } from "../core/score.js";
import type { SeenFrame } from "../core/video.js";
import { outsideRange, type SampleMetric } from "./outcome.js";

/** `--repeats`, at most. */
export const mostRepeats = 1000;

const asked = {
  index: Type.Integer({ minimum: 0, maximum: 2 ** 32, description: "position in the split, after expansion" }),
  id: Type.String(),
  repeat: Type.Optional(Type.Integer({ minimum: 0, maximum: mostRepeats - 1, description: "0-based, with --repeats" })),
  cluster: Type.String(),
  later: Type.Optional(
    Type.Literal(true, {
      description: "with --until and --order: its cluster was drawn to stand behind all others",
    }),
  ),
  groups: Type.Optional(Dictionary(Type.String())),
  prompt: Type.Optional(Type.String({ description: "the words sent, <image> where an image stood" })),
  promptDigest: Type.Optional(
    Type.String({
      pattern: "^[0-9a-f]{16}$",
      description: "of all that is asked but the images' bytes; a run that would ask something else is not continued",
    }),
  ),
  images: Type.Optional(Strings({ description: "SHA-256 (32 hex digits) of each image's bytes" })),
  clips: Type.Optional(
    List(
      Type.Object({
        file: Type.String({ description: "SHA-256 of the clip's file" }),
        stream: Type.Integer({ description: "of the file's streams" }),
        frames: List(Type.Integer()),
        times: List(Type.Number()),
        subtitles: Type.Optional(
          Type.Unsafe<string | null>({
            type: ["string", "null"],
            description: "SHA-256 of the text of its subtitles; null where it has none",
          }),
        ),
        sampledBy: Type.Optional(
          Type.Literal("server", {
            description: "the clip was sent whole: which frames were seen is not known",
          }),
        ),
      }),
      {
        description:
          "the frames shown of each clip, in presentation order as its container presents them, with their seconds after the first; `images` has their digests",
      },
    ),
  ),
  masks: Type.Optional(
    Strings({
      description: "SHA-256 (32 hex digits) of each image that the score reads; the data has the images themselves",
    }),
  ),
  sizes: Type.Optional(
    Type.Unsafe<readonly (readonly [number, number])[]>({
      type: "array",
      items: { type: "array", items: { type: "integer" }, minItems: 2, maxItems: 2 },
      description: "width and height of each image in pixels, where the score needs them",
    }),
  ),
};

const answer = {
  text: Type.String({ description: "the raw answer" }),
  reasoning: Type.Optional(Type.String()),
  finish: Type.Optional(Type.Enum(["stop", "length", "filtered"])),
  answeredBy: Type.Optional(
    Type.String({ description: "the model that the reply names, where it is not the one asked for" }),
  ),
  unlike: Type.Optional(
    Type.String({ description: "of a fleet with --admit: in what the worker that answered differs from the run" }),
  ),
  warnings: Type.Optional(Strings()),
  likelihoods: Type.Optional(
    List(Type.Object({ logprob: Type.Number(), tokens: Type.Integer(), isGreedy: Type.Boolean() })),
  ),
  turns: Type.Optional(Strings({ description: "multi-round form: the text of every round" })),
};

const ScoredSchema = Type.Object({
  status: Type.Literal("scored"),
  value: Type.Union([Type.Number(), Dictionary(Type.Number())]),
  answer: Type.String(),
  remark: Type.Optional(Type.Enum([...remarks])),
  targets: Type.Optional(Strings()),
  data: Type.Optional(AnyJson()),
});

const UnscoredSchema = Type.Object({
  status: Type.Literal("unscored"),
  reason: Type.Enum([...unscoredReasons]),
  detail: Type.String(),
});

const Failed = Type.Object({ state: Type.Literal("failed"), ...asked, score: UnscoredSchema });
const Answered = Type.Object({
  state: Type.Literal("answered"),
  ...asked,
  ...answer,
  score: Type.Optional(UnscoredSchema),
});
const Scored = Type.Object({
  state: Type.Literal("scored"),
  ...asked,
  ...answer,
  submission: Type.Optional(AnyJson({ description: "secret answers: the entry for the evaluation server" })),
  score: ScoredSchema,
});

/** The model gave no answer; the next run asks it again. */
export type FailedSample = Static<typeof Failed>;
/** The answer is there; its judge, or whatever else the score needs, is still to come. */
export type AnsweredSample = Static<typeof Answered>;
export type ScoredSample = Static<typeof Scored>;
export type SampleRecord = FailedSample | AnsweredSample | ScoredSample;
export type SampleState = SampleRecord["state"];
/** What of a sample is known before it is asked. */
export type AskedSample = Omit<FailedSample, "state" | "score">;

/** By state. */
export const sampleSchemas = { failed: Failed, answered: Answered, scored: Scored };

/** As the package publishes it. Journals of llava-eval 0.1 have no `state`: it follows from what is there. */
export const SampleSchema = Type.Union([Failed, Answered, Scored]);

/**
 * A line as a record.
 * @param metrics  the task's: a value outside a metric's range is no value of this benchmark
 * @throws UserError  with the line and the field
 */
export function readSample(line: unknown, where: string, metrics: readonly SampleMetric[] = []): SampleRecord {
  if (typeof line !== "object" || line === null || Array.isArray(line)) throw damaged("the line is no sample", where);
  const record = withRemark("state" in line ? line : { state: stateOf(line), ...line });
  const { state } = record as { state: unknown };
  const schema =
    typeof state === "string" && Object.hasOwn(sampleSchemas, state) ? sampleSchemas[state as SampleState] : undefined;
  if (!schema) throw damaged(`/state must be failed, answered or scored (found ${JSON.stringify(state)})`, where);
  const violation = violationOf(schema, record);
  if (violation) throw damaged(`${violation.pointer} ${violation.expected} (found ${violation.found})`, where);
  const sample = record as SampleRecord;
  const outside = sample.state === "scored" ? outsideRange(sample.score, metrics) : undefined;
  if (outside) throw damaged(`/score/value ${outside}`, where);
  return sample;
}

/** A line of 0.1 calls its score's remark a label. */
function withRemark(record: object): object {
  const { score } = record as { score?: { label?: unknown } };
  if (score?.label === undefined) return record;
  const { label: remark, ...rest } = score;
  return { ...record, score: { ...rest, remark } };
}

/** A line of 0.1, before states were written. */
function stateOf(line: object): SampleState {
  const { text, score } = line as { text?: unknown; score?: { status?: unknown } };
  if (text === undefined) return "failed";
  return score?.status === "scored" ? "scored" : "answered";
}

function damaged(what: string, where: string): UserError {
  return new UserError(
    what,
    where,
    "the file was changed or damaged: restore it, delete that line, or start over with --fresh",
  );
}

/** What the model said; undefined where it said nothing. */
export function textOf(sample: SampleRecord): string | undefined {
  return sample.state === "failed" ? undefined : sample.text;
}

/** The record with its keys in the documented order, so that equal samples are equal bytes. */
export function canonicalSample(sample: SampleRecord): SampleRecord {
  const all: Partial<Omit<ScoredSample, "state" | "score">> & Pick<SampleRecord, "state" | "score"> = sample;
  // One literal: it is made for every sample, and a spread costs many times as much. JSON.stringify leaves undefined members out.
  return {
    index: all.index,
    id: all.id,
    repeat: all.repeat,
    state: all.state,
    cluster: all.cluster,
    later: all.later,
    groups: all.groups,
    prompt: all.prompt,
    promptDigest: all.promptDigest,
    images: all.images,
    sizes: all.sizes,
    masks: all.masks,
    clips: all.clips,
    text: all.text,
    reasoning: all.reasoning,
    finish: all.finish,
    answeredBy: all.answeredBy,
    unlike: all.unlike,
    warnings: all.warnings,
    likelihoods: all.likelihoods,
    turns: all.turns,
    submission: all.submission,
    score: all.score,
  } as SampleRecord;
}

/** The frames that a sample showed, in order; none where it had other images too, which the journal does not tell apart. */
export function framesOf({ images = [], clips = [] }: Pick<AskedSample, "images" | "clips">): readonly SeenFrame[] {
  const seen = clips.flatMap(({ file, stream, frames, times }) =>
    frames.map((frame, i) => ({ file, stream, frame, time: times[i] as number })),
  );
  if (seen.length !== images.length) return [];
  return seen.map((frame, i) => ({ ...frame, image: images[i] as string }));
}

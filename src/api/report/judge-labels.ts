/** `judge label` and `judge worth`: people label a drawn part of the scored samples, and what that makes of the score. */
import { type Judged, type JudgedTask, judgedTask, labelOrder } from "../../board/labels/strata.js";
import { calibrationOf, type Worth, worthOf } from "../../board/labels/worth.js";
import { SampleFailure, UserError } from "../../core/errors.js";
import { promptImages, promptText, videoParts } from "../../core/prompt.js";
import type { Result } from "../../core/result.js";
import { readImage } from "../../images/encoded.js";
import { thumbnail } from "../../images/thumbnail.js";
import type { Label } from "../../record/keys.js";
import { keepLabel, readLabels, requireLabelable } from "../../record/labels.js";
import { labelsFile, openRun, type Run } from "../../record/read.js";
import type { ScoredSample } from "../../record/samples.js";
import type { AskedPerson, LabelFrame } from "../../report/label-page.js";
import { type Labelling, serveLabels } from "../../report/label-server.js";
import type { PageServer } from "../../report/page-server.js";
import { plan } from "../../run/plan.js";
import type { ClipReader } from "../../video/clip-reader.js";
import { openRunDataset, taskOfRun } from "../record/dataset.js";
import { personName } from "../record/person.js";
import { clipsOfRun } from "../record/seen-clips.js";

export type { Worth };

export interface LabelOptions {
  /** Labels all in all, those given before among them. */
  readonly n: number;
  /** Default: the only task, or the only judged one. */
  readonly task?: string;
  /** Task files of the user's: a run from elsewhere loads none that it names itself. */
  readonly tasks?: readonly string[];
  /** Who labels. Default: the user's name. */
  readonly by?: string;
  /** Draws the samples: two people with one seed label the same. Default 0. */
  readonly seed?: number;
  readonly port: number;
  warn(message: string): void;
}

/** A page that asks about the samples of a run, one after the other, until it is disposed of. @throws UserError  there is nothing to label */
export async function labelRun(name: string, options: LabelOptions): Promise<PageServer> {
  const { n, seed = 0, port } = options;
  const by = personName(options.by);
  const run = await openRun(name);
  const result = resultOf(run, options.task);
  const judged = await judgedOf(run, result);
  const order = labelOrder(judged, seed).slice(0, n);
  const given = new Map(
    (await readLabels(run.dir, result.task)).flatMap((label) => (label.by === by ? [[label.index, label]] : [])),
  );
  const asked = await askedOf(run, result, order, options);
  await requireLabelable(run.dir);
  const done: number[] = order.flatMap(({ index }) => (given.has(index) ? [index] : []));
  const isDone = new Set(done);
  const labelling: Labelling = {
    answering: judged.isRightOrWrong ? { by: "verdict" } : { by: "number", range: judged.range },
    progress: () => ({ task: result.task, done: isDone.size, of: order.length }),
    async next() {
      const next = order.find(({ index }) => !isDone.has(index));
      return next && asked.get(next.index);
    },
    async label(index, value) {
      const sample = order.find((one) => one.index === index);
      if (!sample) throw new UserError("this sample was not asked about", "label", "reload the page");
      const said = { index, id: sample.id, value: valueIn(judged, value), by, at: new Date().toISOString() };
      await keepLabel(run.dir, result.task, { ...said, of: judged.samples.length });
      isDone.add(index);
      done.push(index);
    },
    back() {
      const last = done.pop();
      if (last !== undefined) isDone.delete(last);
    },
  };
  return await serveLabels(labelling, port);
}

const valueIn = ({ isRightOrWrong, right, wrong }: JudgedTask, value: number | null) =>
  value === null || !isRightOrWrong ? value : value === 1 ? right : wrong;

/** @throws UserError  several tasks could be meant */
function resultOf(run: Run, task: string | undefined): Result {
  const all = [...run.results.values()];
  const judged = all.filter(({ judge }) => judge !== undefined);
  const meant = task === undefined ? (all.length === 1 ? all : judged) : all.filter((result) => result.task === task);
  const [result, ...others] = meant;
  if (result && others.length === 0) return result;
  throw new UserError(
    task === undefined ? "several tasks could be meant" : `the run has no task "${task}"`,
    "--task",
    `name one of ${all.map((one) => one.task).join(", ")}`,
  );
}

async function judgedOf(run: Run, result: Result): Promise<JudgedTask> {
  const judged = await judgedTask(run, result);
  if (judged) return judged;
  throw new UserError(
    `samples of ${result.task} have no score of their own`,
    run.dir,
    "only answers that are scored one by one can be labelled",
  );
}

/** What a person is shown of each: its words and images from the row, else from the journal. */
async function askedOf(
  run: Run,
  result: Result,
  order: readonly Judged[],
  { tasks, warn }: LabelOptions,
): Promise<ReadonlyMap<number, AskedPerson>> {
  const wanted = new Set(order.map(({ index }) => index));
  const asked = new Map<number, AskedPerson>();
  for await (const record of run.counted(result)) {
    if (record.state !== "scored" || record.repeat || !wanted.has(record.index)) continue;
    asked.set(record.index, personAsked(record));
  }
  try {
    await addImages(run, result, asked, tasks);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warn(`images are not shown: ${error.message} (${error.where}); ${error.fix}`);
  }
  return asked;
}

const personAsked = ({ index, prompt = "", text, score, clips = [] }: ScoredSample): AskedPerson => ({
  ...{ index, prompt, images: [], text },
  targets: score.targets ?? [],
  ...(clips.length > 0 ? { note: "Its clip is not shown here: open it beside this page." } : {}),
});

async function addImages(
  run: Run,
  result: Result,
  asked: Map<number, AskedPerson>,
  named: readonly string[] | undefined,
): Promise<void> {
  const chosen = await taskOfRun(run, result.task, { named });
  const reader = await clipsOfRun(run, new AbortController().signal);
  await using dataset = await openRunDataset(run, chosen, () => {});
  const { limit, offset = 0 } = result;
  const selection = { offset, repeats: 1, ...(limit === undefined ? {} : { limit }) };
  for await (const unit of plan(chosen.task, dataset, selection, new AbortController().signal)) {
    const sample = "row" in unit ? asked.get(unit.index) : undefined;
    if (!("row" in unit) || !sample) continue;
    const prompt = chosen.task.prompt(unit.row, result.promptProfile);
    const images = await Promise.all(promptImages(prompt).map(async (ref) => dataUri(await readImage(ref))));
    const words = sample.prompt === "" && videoParts(prompt).length === 0 ? promptText(prompt) : sample.prompt;
    const { note: _, ...known } = { ...sample, prompt: words, images };
    asked.set(unit.index, { ...known, ...(await clipsShown(videoParts(prompt), reader)) });
  }
}

/** Frames of a clip that a person is shown, at most: of more every so many. */
const mostFrames = 64;
/** Pixels of a frame's longer side: enough to see, and a hundred samples' fit into memory. */
const frameSide = 360;

/** What the model was shown of its clips; why not, where they cannot be had. */
async function clipsShown(
  videos: ReturnType<typeof videoParts>,
  reader: ClipReader | undefined,
): Promise<Pick<AskedPerson, "frames" | "note">> {
  const unseen = (why: string) => ({ note: `Its clip is not shown here (${why}): open it beside this page.` });
  if (videos.length === 0) return {};
  if (!reader) return unseen("its server chose the frames");
  const frames: LabelFrame[] = [];
  try {
    for (const { video } of videos) {
      const clip = await reader.read(video);
      const step = Math.ceil(clip.frames.length / mostFrames);
      for (const [i, { bytes }] of clip.frames.entries()) {
        if (i % step !== 0) continue;
        const small = await thumbnail(bytes, frameSide);
        frames.push({ image: dataUri({ mediaType: "image/webp", bytes: small }), seconds: clip.seen.times[i] ?? 0 });
      }
    }
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw error;
    return unseen(error.detail);
  }
  return { frames };
}

const dataUri = ({ mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array }) =>
  `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;

export interface JudgeWorthOptions {
  readonly task?: string;
  /** Half of the interval's width that is wanted, in points: how many labels it takes. */
  readonly halfWidth?: number;
  /** Another run, whose labels say how good this judge is. */
  readonly calibration?: string;
}

/** @throws UserError  nobody has labelled anything */
export async function judgeWorth(
  name: string,
  { task, halfWidth, calibration }: JudgeWorthOptions = {},
): Promise<Worth> {
  const run = await openRun(name);
  const result = resultOf(run, task);
  const judged = await judgedOf(run, result);
  const labels = await labelsWithin(judged, run, result.task);
  const from = calibration === undefined ? undefined : await calibrated(calibration, result);
  if (labels.length === 0 && !from)
    throw new UserError(`nobody has labelled ${result.task}`, run.dir, `llava-eval judge label ${name} --n 100`);
  return worthOf(result.task, judged, labels, {
    ...(halfWidth === undefined ? {} : { halfWidth }),
    ...(from ? { calibration: from } : {}),
  });
}

async function calibrated(name: string, result: Result) {
  const run = await openRun(name);
  const other = resultOf(run, result.task);
  if (other.judge?.model !== result.judge?.model || other.judge?.promptDigest !== result.judge?.promptDigest)
    throw new UserError(
      `another judge, or another question to it: ${other.judge?.model ?? "none"} there, ${result.judge?.model ?? "none"} here`,
      "--calibration",
      "name a run that this run's judge has judged",
    );
  const judged = await judgedOf(run, other);
  const found = calibrationOf(judged, await labelsWithin(judged, run, other.task));
  if (found) return found;
  throw new UserError(
    "its labels do not say what they should",
    "--calibration",
    "label right and wrong verdicts there first",
  );
}

/** @throws UserError  a label is no score of a sample: the page takes none such, so the file was edited, and the mean would be none either */
async function labelsWithin({ range: [low, high] }: JudgedTask, { dir }: Run, task: Label) {
  const labels = await readLabels(dir, task);
  const odd = labels.find(({ value }) => value !== null && !(value >= low && value <= high));
  if (odd)
    throw new UserError(
      `the label of sample "${odd.id}" is ${odd.value}, and scores lie between ${low} and ${high}`,
      labelsFile(dir, task),
      "label that sample again, or delete its line",
    );
  return labels;
}

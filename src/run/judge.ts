import { requestDigest, seedOf } from "../core/digest.js";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { JudgeRecord } from "../core/result.js";
import type { GenerationOptions, Output, Runner } from "../core/runner.js";
import type { Scoring } from "../core/score.js";
import type { JudgeQuestion, Task } from "../core/task.js";
import type { LineLog } from "../files/line-log.js";
import type { RunFolder } from "../record/folder.js";
import type { Label } from "../record/keys.js";
import { type ReadImage, renderPrompt } from "./ask.js";

/** What a judge is asked with unless the task says otherwise (`specs` of lmms-eval's judges). */
const judgeDefaults: GenerationOptions = { maxNewTokens: 1024, temperature: 0 };
const defaultAttempts = 3;
/** Questions one sample may lead to: a task whose `ask` never ends must not ask for ever. */
const maxQuestions = 20;

/** The sample that a question is about. */
export interface JudgedSample {
  readonly index: number;
  readonly id: string;
  readonly repeat: number;
}

export interface PanelOptions {
  readonly folder: RunFolder;
  readonly label: Label;
  readonly which: "first" | "second";
  readonly runner: Runner;
  readonly readImage: ReadImage;
  onOutput(sample: JudgedSample, output: Output): void;
}

/**
 * Asks a judge about answers. Its journal is apart from the samples', so a judge that died is asked again later without
 * asking the model again, and a verdict that was paid for is never paid for twice.
 */
export class JudgePanel {
  private readonly known = new Map<string, JudgeRecord>();
  private journal!: LineLog;
  /** Questions without a usable reply in this session. */
  failed = 0;

  private constructor(
    readonly runner: Runner,
    private readonly readImage: ReadImage,
    private readonly onOutput: (sample: JudgedSample, output: Output) => void,
  ) {}

  static async open({ folder, label, which, runner, readImage, onOutput }: PanelOptions): Promise<JudgePanel> {
    const panel = new JudgePanel(runner, readImage, onOutput);
    panel.journal = await folder.judge(label, which, (record) => panel.known.set(keyOf(record), record));
    return panel;
  }

  /** Verdicts in the journal, earlier sessions' included: the same for an interrupted and an uninterrupted run. */
  get verdictCount(): number {
    return [...this.known.values()].filter(({ verdict }) => verdict !== undefined).length;
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  /** Every verdict about one sample. Throws `SampleFailure("judge")` when one cannot be had. */
  async verdicts(
    task: Task,
    row: Record<string, unknown>,
    sample: JudgedSample,
    output: Output,
    rules: { scoring: Scoring; seed: number },
    signal: AbortSignal,
  ): Promise<readonly Json[]> {
    const verdicts: Json[] = [];
    for (let step = 0; ; step++) {
      const question = task.judge?.ask(row, output, verdicts, rules.scoring);
      if (!question) return verdicts;
      if (step >= maxQuestions) throw new SampleFailure("judge", `the task asked more than ${maxQuestions} questions`);
      verdicts.push(
        await this.verdict(question, { ...sample, step }, seedOf(rules.seed, task.name, sample.id, step), signal),
      );
    }
  }

  private async verdict(
    question: JudgeQuestion,
    at: JudgedSample & { readonly step: number },
    seed: number,
    signal: AbortSignal,
  ): Promise<Json> {
    const prompt = await renderPrompt(question.prompt, this.readImage);
    const options = { ...judgeDefaults, ...question.options };
    const digest = requestDigest(prompt, options, seed);
    const { repeat, ...rest } = at;
    const base = { ...rest, ...(repeat > 0 ? { repeat } : {}), digest, model: this.runner.name };
    const earlier = this.known.get(keyOf(base));
    if (earlier?.verdict !== undefined && earlier.digest === digest) return earlier.verdict;

    const replies: string[] = [];
    const attempts = question.attempts ?? defaultAttempts;
    for (let attempt = 0; attempt < attempts; attempt++) {
      // A greedy judge would repeat itself: each further attempt has a seed of its own, for runners that sample.
      const request = { id: `judge/${at.id}/${at.step}`, prompt, options, seed: seed + attempt };
      let output: Output;
      try {
        output = await this.runner.generate(request, signal);
      } catch (error) {
        if (error instanceof UserError || signal.aborted) throw error;
        this.failed++;
        const detail = error instanceof SampleFailure ? error.detail : messageOf(error);
        await this.journal.append({ ...base, replies, failure: detail });
        throw new SampleFailure("judge", detail, { cause: error });
      }
      this.onOutput(at, output);
      replies.push(output.text);
      const verdict = question.parse(output.text);
      if (verdict !== undefined) {
        const record: JudgeRecord = { ...base, replies, verdict };
        await this.journal.append(record);
        this.known.set(keyOf(record), record);
        return verdict;
      }
    }
    this.failed++;
    const detail = `${attempts} replies did not have the form asked for; the last began: ${JSON.stringify(replies.at(-1)?.slice(0, 80))}`;
    await this.journal.append({ ...base, replies, failure: detail });
    throw new SampleFailure("judge", detail);
  }
}

const keyOf = ({ index, repeat = 0, step }: Pick<JudgeRecord, "index" | "repeat" | "step">) =>
  `${index}/${repeat}/${step}`;

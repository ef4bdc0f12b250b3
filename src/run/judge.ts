import { defined } from "../core/defined.js";
import { canonicalJson, requestDigest, seedOf } from "../core/digest.js";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { GenerationOptions, Output, Runner } from "../core/runner.js";
import type { Scoring } from "../core/score.js";
import { type JudgeQuestion, judgeUnder, type Task } from "../core/task.js";
import type { LineLog } from "../files/line-log.js";
import type { RunFolder } from "../record/folder.js";
import type { JudgeRecord } from "../record/judge-record.js";
import type { Label } from "../record/keys.js";
import { type ReadImage, renderPrompt } from "./ask.js";
import { authorsInWords } from "./endpoint-notes.js";

/** What a judge is asked with unless the task says otherwise (`specs` of lmms-eval's judges). */
const judgeDefaults: GenerationOptions = { maxNewTokens: 1024, temperature: 0 };
const defaultAttempts = 3;
/** Questions one sample may lead to: a task whose `ask` never ends must not ask for ever. */
const maxQuestions = 20;

/** Characters of a question that is told from a verdict: a task of one's own may ask about the answer's words alone, which a verdict may hold. */
const shortestEcho = 20;

/** What a judge's thoughts need besides its verdict. */
const roomToThink = 4096;

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
  /** A reply without the thoughts that it holds. */
  withoutReasoning(text: string): string;
  onOutput(sample: JudgedSample, output: Output): void;
  /** Aborted by the first Ctrl-C. */
  readonly drain?: AbortSignal;
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
  /** It was cut before it came to a verdict: its budget is not the benchmark's few tokens. */
  private thinks = false;
  /** Why it takes no more questions. */
  private down: string | undefined;

  private constructor(
    readonly runner: Runner,
    private readonly rules: Omit<PanelOptions, "folder" | "label" | "which" | "runner">,
  ) {}

  static async open({ folder, label, which, runner, ...rules }: PanelOptions): Promise<JudgePanel> {
    const panel = new JudgePanel(runner, rules);
    panel.journal = await folder.judge(label, which, (record) => panel.known.set(keyOf(record), record));
    return panel;
  }

  /** Of the verdicts in the journal, earlier sessions' included: the same for an interrupted and an uninterrupted run. */
  get facts(): VerdictFacts {
    return verdictFacts(this.known.values());
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  /** Every verdict about one sample. Throws `SampleFailure("judge")` when one cannot be had. */
  async verdicts(
    task: Task,
    { row, output, ...sample }: JudgedSample & { readonly row: Record<string, unknown>; readonly output: Output },
    rules: { scoring: Scoring; seed: number },
    signal: AbortSignal,
  ): Promise<readonly Json[]> {
    const verdicts: Json[] = [];
    for (let step = 0; ; step++) {
      const question = judgeUnder(task, rules.scoring)?.ask(row, output, verdicts, rules.scoring);
      if (!question) return verdicts;
      if (step >= maxQuestions) throw new SampleFailure("judge", `the task asked more than ${maxQuestions} questions`);
      const seed = seedOf(rules.seed, task.name, sample.id, step);
      try {
        verdicts.push(await this.verdict(question, { ...sample, step }, seed, signal));
      } catch (error) {
        if (error instanceof NoVerdict) await this.doubt(sample, step);
        throw error;
      }
    }
  }

  /**
   * A question that leads to no verdict makes those before it doubtful, since it was made of them: an extraction of an outage's words is
   * never matched. The next session asks them again, past the cache.
   */
  private async doubt(sample: JudgedSample, steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      const earlier = this.known.get(keyOf({ ...sample, step }));
      if (!earlier) continue;
      const { verdict: _, answeredBy: __, ...rest } = earlier;
      const record: JudgeRecord = { ...rest, failure: ledNowhere };
      await this.journal.append(record);
      this.known.set(keyOf(record), record);
    }
  }

  /** A journal may be edited, or be of a version that read replies otherwise: its verdict is what its replies say now, or asked again. */
  private stillSays(question: JudgeQuestion, { replies, verdict }: JudgeRecord): boolean {
    if (verdict === undefined) return false;
    const said = replies.map((reply) => this.read(question, reply)).at(-1);
    return said !== undefined && canonicalJson(said) === canonicalJson(verdict);
  }

  /** The verdict in a reply, without its thoughts; of a question that comes back, which names every verdict there is, what stands beside it. */
  private read(question: JudgeQuestion, reply: string): Json | undefined {
    const said = this.rules.withoutReasoning(reply);
    const messages = messagesOf(question).filter((text) => text.length >= shortestEcho);
    const [longest] = messages;
    if (longest === undefined || !said.includes(longest)) return question.parse(said);
    const beside = messages.reduce((rest, text) => rest.replaceAll(text, () => "\n"), said).trim();
    return /[\p{L}\p{N}]/u.test(beside) ? question.parse(beside) : undefined;
  }

  private async verdict(
    question: JudgeQuestion,
    at: JudgedSample & { readonly step: number },
    seed: number,
    signal: AbortSignal,
  ): Promise<Json> {
    const prompt = await renderPrompt(question.prompt, this.rules.readImage);
    const options = { ...judgeDefaults, ...question.options };
    const digest = requestDigest(prompt, options, seed);
    const { repeat, ...rest } = at;
    const base = { ...rest, ...(repeat > 0 ? { repeat } : {}), digest, model: this.runner.name };
    const earlier = this.known.get(keyOf(base));
    if (earlier && earlier.digest === digest && this.stillSays(question, earlier)) return earlier.verdict as Json;

    const doubtful = earlier?.digest === digest && earlier.failure === ledNowhere ? earlier.replies : [];
    const replies: string[] = [];
    const fail = async (detail: string, cause?: unknown): Promise<SampleFailure> => {
      this.failed++;
      await this.journal.append({ ...base, replies, failure: detail });
      return new SampleFailure("judge", detail, { cause });
    };
    if (this.down !== undefined) throw await fail(this.down);
    const { drain } = this.rules;
    const attempts = question.attempts ?? defaultAttempts;
    for (let attempt = 0; attempt < attempts; attempt++) {
      let read: { readonly text: string; readonly verdict: Json | undefined } | undefined;
      // Each reply is read once: a task may count the ones that have no form.
      const verdictIn = ({ text }: Output) => {
        if (read?.text !== text) read = { text, verdict: this.read(question, text) };
        return read.verdict;
      };
      const request = {
        id: `judge/${at.id}/${at.step}`,
        prompt,
        options: this.thinks ? { ...options, maxNewTokens: Math.max(options.maxNewTokens, roomToThink) } : options,
        // A greedy judge would repeat itself: each further attempt has a seed of its own, for runners that sample.
        seed: seed + attempt,
        ...(drain ? { drain } : {}),
        // A doubtful reply counts when it is given anew, not when a cache (no attempt was made) remembers it.
        hasForm: (output: Output) =>
          verdictIn(output) !== undefined && (output.timing.attempts > 0 || !doubtful.includes(output.text)),
      };
      let output: Output;
      try {
        output = await this.runner.generate(request, signal);
      } catch (error) {
        if (error instanceof UserError || signal.aborted || (drain?.aborted && error === drain.reason)) throw error;
        if (error instanceof SampleFailure && error.endpointDown) this.down = error.detail;
        throw await fail(error instanceof SampleFailure ? error.detail : messageOf(error), error);
      }
      this.rules.onOutput(at, output);
      replies.push(output.text);
      const verdict = verdictIn(output);
      if (verdict !== undefined) {
        const { answeredBy } = output;
        const record: JudgeRecord = {
          ...base,
          replies,
          ...defined({ answeredBy }),
          verdict,
        };
        await this.journal.append(record);
        this.known.set(keyOf(record), record);
        return verdict;
      }
      if (output.finish === "length") this.thinks = true;
    }
    const last = JSON.stringify(replies.at(-1)?.slice(0, 80));
    const { detail } = await fail(`${attempts} replies did not have the form asked for; the last began: ${last}`);
    throw new NoVerdict("judge", detail);
  }
}

/** The texts that it is asked, the longest first. */
function messagesOf({ prompt }: JudgeQuestion): readonly string[] {
  const texts = prompt.messages.map(({ parts }) =>
    parts
      .map((part) => (part.type === "text" ? part.text : ""))
      .join("")
      .trim(),
  );
  return texts.sort((a, b) => b.length - a.length);
}

/** The judge answers, and never in the form that was asked for. */
class NoVerdict extends SampleFailure {}

const ledNowhere = "the question that was made of this reply had no verdict";

export interface VerdictFacts {
  readonly asked: number;
  /** The models that the replies name, where they are not the one asked for; more than one: it changed under the run. */
  readonly answeredBy?: string;
}

export function verdictFacts(records: Iterable<JudgeRecord>): VerdictFacts {
  const counts = new Map<string, number>();
  let asked = 0;
  for (const { verdict, answeredBy } of records) {
    if (verdict === undefined) continue;
    asked++;
    if (answeredBy !== undefined) counts.set(answeredBy, (counts.get(answeredBy) ?? 0) + 1);
  }
  return { asked, ...defined({ answeredBy: authorsInWords(counts, asked) }) };
}

const keyOf = ({ index, repeat = 0, step }: Pick<JudgeRecord, "index" | "repeat" | "step">) =>
  `${index}/${repeat}/${step}`;

/** What a run shows while it goes on, and when it has ended, in terminals of any width. */
import { afterEach, expect, test, vi } from "vitest";
import { Progress } from "../../src/cli/progress.js";
import { nextLine, resultLines } from "../../src/cli/report-lines.js";
import type { Result } from "../../src/core/result.js";
import { failedSample, meanMetric, sample } from "../board/run-fixture.js";

/** A terminal that keeps what was written and shows what a person would see. */
class Terminal {
  readonly written: string[] = [];

  constructor(
    readonly isTTY: boolean,
    readonly columns: number | undefined,
  ) {}

  write(text: string): boolean {
    this.written.push(text);
    return true;
  }

  /** The lines, with the two movements that are used applied: up a line, and erase to the end. */
  screen(): string[] {
    const lines = [""];
    let at = 0;
    for (const [piece = ""] of this.written.join("").matchAll(/\x1b\[(\d*)[A-Za-z]|\r|\n|[^\x1b\r\n]+/g)) {
      if (piece === "\n") lines[++at] ??= "";
      else if (piece === "\x1b[J") lines.splice(at, lines.length, "");
      else if (/^\x1b\[\d+A$/.test(piece)) at -= Number(piece.slice(2, -1));
      else if (!piece.startsWith("\x1b") && piece !== "\r") lines[at] += piece;
    }
    return lines;
  }
}

const progressOn = (terminal: Terminal) => new Progress(terminal as unknown as NodeJS.WriteStream);

afterEach(() => void vi.useRealTimers());

for (const width of [40, 80, 120]) {
  test(`a run of four tasks is two lines of a terminal ${width} columns wide, drawn over each other`, () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const terminal = new Terminal(true, width);
    const progress = progressOn(terminal);
    progress.onPlan(["mmmu", "pope", "vqav2", "gqa"]);
    progress.onTaskStart("mmmu", 100);
    vi.advanceTimersByTime(1000);
    progress.onTaskEnd("mmmu", { how: "complete", total: 100 });
    progress.onTaskStart("pope", 64);
    for (let i = 0; i < 32; i++)
      progress.onSample("pope", i < 3 ? failedSample(i, "HTTP 500: CUDA out of memory") : sample(i, i % 2));
    progress.onTiming({ task: "pope", id: "q1", kind: "model", totalMs: 10, attempts: 2, cost: 0.0123 });
    vi.advanceTimersByTime(4000);
    progress.say("warning: something\x1b[2J else");
    const lines = terminal.screen();
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^mmmu 0 new/);
    expect(lines[1]).toBe("warning: something\\x1b[2J else");
    for (const line of lines.slice(2)) expect([...line].length).toBeLessThan(width);
    expect(lines[2]).toMatch(/^task 2 of 4 · pope .*32\/64/);
    expect(lines[3]).toMatch(/^ {2}mean so far 5\d\.\d \[/);
    if (width < 120) return;
    expect(lines[2]).toMatch(/━+─+ 32\/64 · 8\.0\/s · ETA 4 s$/);
    expect(lines[3]).toMatch(/\] · \$0\.0123 · 1 retry · 3 not scored: HTTP 500: CUDA out of memory ×3$/);
  });
}

test("where there is no terminal a plain line comes every ten seconds, without a movement of the cursor", () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const pipe = new Terminal(false, undefined);
  const progress = progressOn(pipe);
  progress.onPlan(["pope"]);
  progress.onTaskStart("pope", 64);
  progress.onSample("pope", sample(0, 1));
  vi.advanceTimersByTime(25_000);
  progress.onTaskEnd("pope", { how: "complete", total: 64 });
  expect(pipe.written).toHaveLength(3);
  expect(pipe.written.join("")).not.toContain("\x1b");
});

const result: Result = {
  ...{ schema: "llava-eval/result@1", task: "pope", version: 1, model: "m", fingerprint: {}, seed: 0, repeats: 1 },
  ...{
    dataset: { source: "x", kind: "folder", split: "test", licence: "x" },
    scoring: "official",
    promptProfile: "default",
  },
  ...{
    generation: {},
    flags: [],
    notes: ["a long note that has to be broken between its words to fit a narrow terminal"],
  },
  n: { total: 10, scored: 7, unscored: { refused: 0, transport: 3, judge: 0, data: 0 } },
  reasons: [{ reason: "transport", detail: "HTTP 500: CUDA out of memory", n: 3 }],
  remarks: { empty: 0, truncated: 0, unparsable: 0 },
  metrics: [meanMetric([1, 0, 1, 1, 1, 0, 1])],
  groups: {
    question_type: Object.fromEntries(
      ["what number is the", "is there a", "how many", "what color is the"].map((name) => [name, [meanMetric([1, 0])]]),
    ),
  },
};

test("the report breaks lines between their parts, never inside a word or a number", () => {
  for (const width of [60, 80]) {
    const lines = resultLines(result, width).split("\n");
    for (const line of lines.slice(1)) expect(line.length, line).toBeLessThanOrEqual(width);
  }
  const wide = resultLines(result).split("\n");
  expect(wide).toHaveLength(5);
  const words = (text: string) => text.split(/\s+/);
  expect(words(resultLines(result, 60))).toEqual(words(resultLines(result)));
});

test("what was not scored is told with its number, its reason and how often; the last line says what to type next", () => {
  expect(resultLines(result)).toMatch(/^ {2}not scored +3: transport: HTTP 500: CUDA out of memory ×3$/m);
  const two = { ...result, n: { ...result.n, unscored: { ...result.n.unscored, data: 2 } } };
  expect(resultLines(two)).toMatch(/not scored +5: .* ×3; 2 for other reasons$/m);
  expect(nextLine("results/a b", [result])).toContain("npx llava-eval samples 'results/a b' --unscored");
  const whole = { ...result, n: { ...result.n, scored: 10 } };
  expect(nextLine("results/m", [whole])).toContain("npx llava-eval view results/m");
});

test("a run of clips says whether it waits for decoders or for the model, one of images does not", () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const pipe = new Terminal(false, undefined);
  const progress = progressOn(pipe);
  progress.onTaskStart("videomme", 64);
  const lineAfter = (change: () => void) => {
    change();
    vi.advanceTimersByTime(10_000);
    return pipe.written.at(-1)?.trimEnd();
  };
  expect(lineAfter(() => progress.requests.begin())).not.toContain("model");
  progress.requests.end();
  expect(lineAfter(() => progress.decodings.begin())).toMatch(/ · decoding$/);
  expect(lineAfter(() => progress.requests.begin())).toMatch(/ · decoding and model$/);
  expect(lineAfter(() => progress.decodings.end())).toMatch(/ · model$/);
  expect(lineAfter(() => progress.requests.end())).not.toMatch(/decoding|model/);

  const terminal = new Terminal(true, 80);
  const drawn = progressOn(terminal);
  drawn.onTaskStart("videomme", 64);
  drawn.decodings.begin();
  vi.advanceTimersByTime(1000);
  expect(terminal.screen()[1]).toBe("  decoding");
});

import type { Reading } from "../core/score.js";
import type { SampleRecord } from "../record/samples.js";

/** From this share of the answers on, a budget that is too small is no accident. */
const noticed = 0.05;

/** From this share on, a mark is the model's way of beginning. */
const usual = 0.5;

/** A mark at the beginning of an answer (`<think>`, `[THINK]`, `◁think▷`, `<|channel|>`), or the end of thoughts that had none. */
const marks =
  /^\s*(<\|?[A-Za-z][\w:]{0,30}\|?>|\[[A-Z_]{2,30}\]|◁[^▷]{1,30}▷)|(<\/think(?:ing)?>|<\/reasoning>|\[\/THINK\]|◁\/think▷)/;
const endMark = /(<\/s>|<\|[a-z_]+\|>|<end_of_turn>|<eos>)\s*$/;

/** What a Result says about the endpoint's answers as a whole. */
export class EndpointNotes {
  private answers = 0;
  private cut = 0;
  private readonly authors = new Map<string, number>();
  private readonly marked = new Map<string, number>();
  private ended = 0;
  private endedWith = "";

  constructor(private readonly reading: Reading) {}

  add(sample: SampleRecord): void {
    if (sample.state === "failed") return;
    const { text, finish, reasoning, answeredBy } = sample;
    this.answers++;
    const visible = this.reading.visible(text);
    if (visible.trim() === "" && (finish === "length" || reasoning !== undefined)) this.cut++;
    const mark = marks.exec(visible);
    const name = mark?.[1] ?? mark?.[2];
    if (name !== undefined) this.marked.set(name, (this.marked.get(name) ?? 0) + 1);
    const end = visible === text ? undefined : endMark.exec(text)?.[1];
    if (end !== undefined) {
      this.ended++;
      this.endedWith = end;
    }
    if (answeredBy !== undefined) this.authors.set(answeredBy, (this.authors.get(answeredBy) ?? 0) + 1);
  }

  notes(maxNewTokens: unknown): string[] {
    const notes: string[] = [];
    if (this.cut > 0 && this.cut >= noticed * this.answers) {
      notes.push(
        `${this.cut} of ${this.answers} answers are empty: the model was cut at ${maxNewTokens} tokens, or thought and said nothing; give it more with --max-new-tokens`,
      );
    }
    const [mark] = [...this.marked].sort(([, a], [, b]) => b - a);
    if (mark && mark[1] > usual * this.answers) {
      notes.push(
        `${mark[1]} of ${this.answers} answers are marked with ${mark[0]}, and what stands there is scored as the answer; thoughts are taken out by --reasoning-tags`,
      );
    }
    if (this.ended > 0) {
      notes.push(
        `${this.ended} of ${this.answers} answers end with an end-of-turn mark (${this.endedWith}), which is not scored: the server should skip special tokens`,
      );
    }
    const authors = authorsInWords(this.authors, this.answers);
    return authors === undefined ? notes : [...notes, `the endpoint names as the answers' model: ${authors}`];
  }
}

/** `gpt-4o-2024-11-20 (98), the one asked for (2)`; undefined when nobody else than the one asked for is named. */
export function authorsInWords(authors: ReadonlyMap<string, number>, answers: number): string | undefined {
  if (authors.size === 0) return undefined;
  const named = [...authors].sort(([a], [b]) => (a < b ? -1 : 1));
  const others = answers - named.reduce((sum, [, n]) => sum + n, 0);
  const all = others > 0 ? [...named, ["the one asked for", others] as const] : named;
  return all.length === 1 ? named[0]?.[0] : all.map(([name, n]) => `${name} (${n})`).join(", ");
}

import type { SampleRecord } from "../record/samples.js";

/** From this share of the answers on, a budget that is too small is no accident. */
const noticed = 0.05;

/** What a Result says about the endpoint's answers as a whole. */
export class EndpointNotes {
  private answers = 0;
  private cut = 0;
  private readonly authors = new Map<string, number>();

  add(sample: SampleRecord): void {
    if (sample.state === "failed") return;
    const { text, finish, reasoning, answeredBy } = sample;
    this.answers++;
    if (text.trim() === "" && (finish === "length" || reasoning !== undefined)) this.cut++;
    if (answeredBy !== undefined) this.authors.set(answeredBy, (this.authors.get(answeredBy) ?? 0) + 1);
  }

  notes(maxNewTokens: unknown): string[] {
    const notes: string[] = [];
    if (this.cut > 0 && this.cut >= noticed * this.answers) {
      notes.push(
        `${this.cut} of ${this.answers} answers are empty: the model was cut at ${maxNewTokens} tokens, or thought and said nothing; give it more with --max-new-tokens`,
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

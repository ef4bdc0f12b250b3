/** The text of an answer while it is generated: finds stop strings early, without ever showing half a character. */
import type { Tokenizer } from "./tokenizer/tokenizer.js";

/** U+FFFD at the end of a decoded text: the first bytes of a character whose rest may still come. */
const unfinished = /\uFFFD$/;

export class AnswerText {
  private readonly ids: number[] = [];
  /** Text of `ids[..read]`, as far as it is certain; only searched, never returned. */
  private text = "";
  /** Decoding starts at `from`, a few tokens back, because a token's text can depend on the one before it. */
  private from = 0;
  private read = 0;
  private readonly longest: number;

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly stops: readonly string[],
  ) {
    this.longest = Math.max(0, ...stops.map((stop) => stop.length));
  }

  /** Takes new ids; true when the answer so far holds a stop string. */
  push(ids: Iterable<number>): boolean {
    this.ids.push(...ids);
    const known = this.tokenizer.decode(this.ids.slice(this.from, this.read));
    const window = this.tokenizer.decode(this.ids.slice(this.from));
    if (window.length <= known.length || unfinished.test(window)) return false;
    const searched = Math.max(0, this.text.length - this.longest);
    this.text += window.slice(known.length);
    this.from = this.read;
    this.read = this.ids.length;
    if (!this.stops.some((stop) => this.text.includes(stop, searched))) return false;
    // Decoded at once the text may differ at a border: only what the answer will really say counts.
    return firstStop(this.tokenizer.decode(this.ids), this.stops) >= 0;
  }
}

/** Where the first stop string begins, or -1. */
export function firstStop(text: string, stops: readonly string[]): number {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

/**
 * An answer's text: all its ids decoded at once, ended before the first stop string. `tokens` counts the ids up to the one
 * that completed it: how many more the engine made before it heard of it depends on the machine, and is not the answer's.
 */
export function finishedText(
  tokenizer: Tokenizer,
  ids: readonly number[],
  stops: readonly string[],
): { readonly text: string; readonly stopped: boolean; readonly tokens: number } {
  const whole = tokenizer.decode(ids);
  const end = firstStop(whole, stops);
  if (end < 0) return { text: whole, stopped: false, tokens: ids.length };
  let without = 0;
  let tokens = ids.length;
  while (tokens - without > 1) {
    const middle = (without + tokens) >> 1;
    if (firstStop(tokenizer.decode(ids.slice(0, middle)), stops) < 0) without = middle;
    else tokens = middle;
  }
  return { text: whole.slice(0, end), stopped: true, tokens };
}

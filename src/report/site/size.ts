/** How large a model is, as far as its name says: `llava-next-72b`, `LLaVA-OneVision-0.5B`, `smolvlm-500m`. */

/** In billions of parameters. */
export function sizeOf(model: string): number | undefined {
  const found = /(?<![a-z\d.])(\d+(?:\.\d+)?)([bm])(?![a-z\d])/i.exec(model);
  if (!found) return undefined;
  return Number(found[1]) / (found[2]?.toLowerCase() === "m" ? 1000 : 1);
}

const classes = [
  { name: "tiny", below: 2, words: "below 2B" },
  { name: "small", below: 10, words: "2B to 10B" },
  { name: "medium", below: 40, words: "10B to 40B" },
  { name: "large", below: Number.POSITIVE_INFINITY, words: "40B and more" },
] as const;
const unknown = { name: "unknown", words: "not in the name" } as const;

const classOf = (size: number) => classes.find(({ below }) => size < below);

/** `small`, or `unknown` where the name does not say it. */
export function sizeClassOf(model: string): string {
  const size = sizeOf(model);
  return ((size === undefined ? undefined : classOf(size)) ?? unknown).name;
}

/** The classes that models are in, the smallest first; none where no name says a size. */
export function sizesOf(models: readonly string[]): readonly { readonly name: string; readonly words: string }[] {
  const known = models.flatMap((model) => sizeOf(model) ?? []);
  if (known.length === 0) return [];
  const found = new Set(known.map(classOf));
  return [...classes.filter((one) => found.has(one)), ...(known.length < models.length ? [unknown] : [])];
}

/** What a publication says that no run knows: who evaluated whose model, and where it can be looked at. */
export const relationships = ["first_party", "third_party", "collaborative", "other"] as const;
export const availabilities = ["open_weights", "closed_weights", "unknown"] as const;

export interface Publisher {
  /** Who evaluated. Default `unknown`. */
  readonly organization?: string;
  /** Of the evaluator to the model. Default `other`. */
  readonly relationship?: (typeof relationships)[number];
  /** The model as the hub names it, `org/name`. Default: its own name where that has this form, else `unknown/<name>`. */
  readonly modelId?: string;
  /** Whether anybody can have the weights. Default `unknown`. */
  readonly availability?: (typeof availabilities)[number];
  /** Where the evaluation can be looked at. */
  readonly url?: string;
  /** What the benchmark calls a task of ours, by our label: `{ mmmu: "validation" }`. Default: the label. */
  readonly taskIds?: Readonly<Record<string, string>>;
}

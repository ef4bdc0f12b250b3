import type { SampleState } from "../page-data.js";

export const stateWords: Readonly<Record<SampleState, string>> = {
  c: "correct",
  w: "wrong",
  p: "partly",
  n: "no value of its own",
  u: "not scored",
  "-": "not there",
};

const signs: Readonly<Record<SampleState, string>> = { c: "✓", w: "✗", p: "◐", n: "•", u: "–", "-": "∅" };

/** How a sample went, for those who do not see colours too. */
export const StateMark = ({ state }: { state: SampleState }) => (
  <span class={`mark state-${state}`} role="img" title={stateWords[state]} aria-label={stateWords[state]}>
    {signs[state]}
  </span>
);

import { SampleFailure } from "../core/errors.js";
import type { Runner } from "../core/runner.js";
import { wrapped } from "./wrapped-runner.js";

/** Asks no more once the answers have cost `dollars`: what is left stays unscored, and a later run goes on from there. */
export function withBudget(runner: Runner, dollars: number): Runner {
  let spent = 0;
  return wrapped(runner, {
    async generate(request, signal) {
      if (spent >= dollars) throw new SampleFailure("judge", `the judge's budget of $${dollars} is spent`);
      const output = await runner.generate(request, signal);
      spent += output.usage.cost ?? 0;
      return output;
    },
  });
}

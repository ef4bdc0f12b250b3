import { defined } from "../core/defined.js";
import type { Runner } from "../core/runner.js";

/** A runner around another: its name, its limits and its preflight, with what `changed` does differently. */
export function wrapped(
  runner: Runner,
  changed: Pick<Runner, "generate"> & Partial<Pick<Runner, "loglikelihood" | typeof Symbol.asyncDispose>>,
): Runner {
  return {
    name: runner.name,
    fingerprint: runner.fingerprint,
    get concurrency() {
      return runner.concurrency;
    },
    ...defined({ answersBySample: runner.answersBySample }),
    ...(runner.rendered ? { rendered: runner.rendered.bind(runner) } : {}),
    ...(runner.server ? { server: runner.server.bind(runner) } : {}),
    ...(runner.preflight ? { preflight: runner.preflight.bind(runner) } : {}),
    ...(runner.loglikelihood ? { loglikelihood: runner.loglikelihood.bind(runner) } : {}),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
    ...changed,
  };
}

import { estimateRun } from "../api/run/dry-run.js";
import type { RunControl } from "../api/run/run.js";
import type { RunSettings } from "../api/settings.js";
import { terminalSafeLines } from "../core/terminal-safe.js";
import { ExitCode } from "./exit-code.js";
import { count } from "./number-format.js";

/** Says what a run would ask, how many tokens and at what price; asks nothing. */
export async function dryRun(settings: RunSettings, control: RunControl): Promise<number> {
  const { priced, tasks } = await estimateRun(settings, control);
  let total = 0;
  for await (const { label, version, requests, dollars, example, judges, ...estimate } of tasks) {
    total += dollars ?? 0;
    const { promptTokens, images, maxNewTokens } = estimate;
    process.stdout.write(
      `${label} v${version}: ${requests === undefined ? "all" : count(requests)} requests, ` +
        `~${count(promptTokens)} prompt tokens each (${images.toFixed(1)} images), at most ${count(maxNewTokens)} answer tokens\n` +
        `${terminalSafeLines(example).replace(/^/gm, "  | ")}\n`,
    );
    for (const judge of judges) {
      const questions = requests === undefined ? "one question for each" : `${count(requests)} questions`;
      const price = judge.dollars === undefined ? ", no prices are known" : `, about $${judge.dollars.toFixed(2)}`;
      process.stdout.write(
        `  judge: at least ${questions}, ~${count(judge.promptTokens)} prompt tokens each${price}\n`,
      );
    }
  }
  // A price of nothing would be read as free.
  const price = total > 0 && total < 0.01 ? "less than $0.01" : `about $${total.toFixed(2)}`;
  process.stdout.write(priced ? `at most ${price}\n` : "no prices are known for this model\n");
  return ExitCode.done;
}

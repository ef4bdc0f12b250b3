import { requestDigest } from "../core/digest.js";
import type { GenerateRequest, Output, Runner } from "../core/runner.js";
import { wrapped } from "./wrapped-runner.js";

/** Identical requests stand near each other (one image, one row group); a bounded memory finds them. */
const remembered = 4096;

/** Sends identical greedy requests once: the same words, images and options give the same answer. */
export function askingOnce(runner: Runner): Runner {
  if (runner.answersBySample) return runner;
  const answers = new Map<string, Promise<Output>>();
  return wrapped(runner, {
    async generate(request: GenerateRequest, signal: AbortSignal): Promise<Output> {
      if (request.options.temperature > 0) return runner.generate(request, signal);
      const key = requestDigest(request.prompt, request.options, request.seed);
      const earlier = answers.get(key);
      if (earlier) return repeated(await earlier);
      const answer = runner.generate(request, signal);
      answers.set(key, answer);
      // A failure is forgotten: the next sample with this request tries again.
      answer.catch(() => answers.delete(key));
      if (answers.size > remembered) answers.delete(answers.keys().next().value as string);
      return answer;
    },
  });
}

/** The same answer, at no further cost. */
function repeated(output: Output): Output {
  return { ...output, usage: {}, timing: { totalMs: 0, attempts: 0 } };
}

import { UserError } from "../core/errors.js";
import { isRemote, type ModelConfig, type RemoteName } from "./config.js";

const question = "the task makes the question: another one is a task of its own (llava-eval tasks new)";
const model = "write the id under model";
const whole = "answers are read whole, one to a question; run --repeats K asks for more";
const length = "write run --max-new-tokens N";
const temperature = "write run --temperature T";

/**
 * What a `body` must not set, and what to write instead: it would ask something else than the task asks and the Result says. What
 * neither says anything of (`top_k`, `stop`, `seed`) may stand there, and is in the fingerprint.
 */
const taken: Record<RemoteName, Readonly<Record<string, string>>> = {
  openai: {
    ...{ model, messages: question, prompt: question, stream: whole, n: whole, best_of: whole, echo: whole },
    ...{ max_tokens: length, max_completion_tokens: length, temperature },
  },
  anthropic: { model, messages: question, system: question, stream: whole, max_tokens: length, temperature },
  gemini: {
    ...{ model, contents: question, systemInstruction: question, system_instruction: question },
    // A whole prompt on the provider's side.
    ...{ cachedContent: question, cached_content: question },
    ...inBothSpellings({ maxOutputTokens: length, candidateCount: whole, temperature }),
  },
};

/** Google's servers read `generationConfig.candidateCount` and `generation_config.candidate_count` alike. */
function inBothSpellings(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const groups = ["generationConfig", "generation_config"];
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, fix]) =>
      groups.flatMap((group) => [name, snake(name)].map((spelt) => [`${group}.${spelt}`, fix])),
    ),
  );
}

/** @param where  the file that the config comes from @throws UserError  with the field, and what to write instead */
export function refuseOverrides(config: ModelConfig, where: string): void {
  if (!isRemote(config) || config.body === undefined) return;
  for (const [path, fix] of Object.entries(taken[config.runner])) {
    const value = path.split(".").reduce<unknown>(fieldOf, config.body);
    // Some models refuse a request that has a temperature: null takes it away.
    if (value === undefined || (value === null && fix === temperature)) continue;
    throw new UserError(`body.${path} would ask something else than the task asks and the Result says`, where, fix);
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

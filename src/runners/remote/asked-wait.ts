import { at, listAt, textAt } from "./protocol.js";

/**
 * How long a server asks to wait in its error's body, milliseconds: Google's RetryInfo (`"retryDelay": "23s"`), or in words
 * (OpenAI: "Please try again in 1.2s"; Google: "Please retry in 23.6s"), also inside a gateway's message.
 */
export function askedWaitMs(json: unknown, words: string): number | undefined {
  for (const detail of listAt(at(json, "error"), "details")) {
    const delay = /^(\d+(?:\.\d+)?)s$/.exec(textAt(detail, "retryDelay") ?? "");
    if (delay) return Number(delay[1]) * 1000;
  }
  const inWords =
    /(?:try again|retry|retryDelay)["':\s]*(?:in|after)?["':\s]*(\d+(?:\.\d+)?)\s*(ms|s|m|sec|seconds|minutes?)\b/i.exec(
      words,
    );
  if (!inWords) return undefined;
  const unit = (inWords[2] as string).toLowerCase();
  return Number(inWords[1]) * (unit === "ms" ? 1 : unit.startsWith("m") ? 60_000 : 1000);
}

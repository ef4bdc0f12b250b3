import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnswerText, finishedText } from "../../../src/runners/local/answer-text.js";
import { jsonTokenizer } from "../../../src/runners/local/tokenizer/json-tokenizer.js";
import { dataFolder, readTokenizerFile } from "./tokenizer-cases.js";

const tokenizer = jsonTokenizer(readTokenizerFile(join(dataFolder, "mistral")), {}, "mistral");

/** How many tokens one at a time are taken before a stop string is seen. */
function tokensUntilStop(text: string, stops: readonly string[]): number {
  const answer = new AnswerText(tokenizer, stops);
  const ids = tokenizer.encode(text);
  const at = ids.findIndex((id) => answer.push([id]));
  return at < 0 ? -1 : at + 1;
}

describe("stop strings", () => {
  test("end the text before the first of them", () => {
    const ids = tokenizer.encode("yes.\n\nQuestion: more\nAnswer:");
    expect(finishedText(tokenizer, ids, ["Answer:", "\n\n"])).toMatchObject({ text: "yes.", stopped: true });
    expect(finishedText(tokenizer, ids, ["###"])).toMatchObject({ stopped: false });
    expect(finishedText(tokenizer, [], ["x"])).toEqual({ text: "", stopped: false, tokens: 0 });
  });

  test("are counted to their last token, however many came after it", () => {
    const ids = tokenizer.encode("one two Question: three four five");
    const until = tokensUntilStop("one two Question: three", ["Question:"]);
    for (let length = until; length <= ids.length; length++)
      expect(finishedText(tokenizer, ids.slice(0, length), ["Question:"])).toMatchObject({ tokens: until });
    expect(finishedText(tokenizer, ids, ["###"]).tokens).toBe(ids.length);
  });

  test("are seen as soon as their last token is there, also across tokens", () => {
    const ids = tokenizer.encode("one two Question: three");
    const taken = tokensUntilStop("one two Question: three", ["Question:"]);
    expect(tokenizer.decode(ids.slice(0, taken))).toBe("one two Question:");
  });

  test("are found behind characters that are spread over several byte tokens", () => {
    expect(tokensUntilStop("🦙🦙 END 🦙", ["END"])).toBeGreaterThan(0);
    const llama = tokenizer.encode("🦙");
    expect(llama.length).toBeGreaterThan(3);
    const answer = new AnswerText(tokenizer, ["🦙"]);
    expect(llama.map((id) => answer.push([id])).slice(0, -1)).not.toContain(true);
  });

  test("are found in every text that holds one, and in no other", () => {
    const word = fc.constantFrom("yes", " no", "\n", "\n\n", "END", "E", "🦙", "图", " ", "</", "a.b", "\uFFFD");
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 20 }),
        fc.constantFrom(["END"], ["\n\n", "END"], ["图"]),
        (words, stops) => {
          const text = words.join("");
          const said = tokenizer.decode(tokenizer.encode(text));
          expect(tokensUntilStop(text, stops) >= 0).toBe(stops.some((stop) => said.includes(stop)));
        },
      ),
      { numRuns: 300 },
    );
  });
});

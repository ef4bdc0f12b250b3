import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalSafe, terminalSafeLines } from "../../src/core/terminal-safe.js";

test("escape sequences, line breaks and bidi overrides become visible", () => {
  expect(terminalSafe("\x1b[31mred\x1b]0;title\x07")).toBe("\\x1b[31mred\\x1b]0;title\\x07");
  expect(terminalSafe("a\nb\r\tc")).toBe("a⏎b␍⇥c");
  expect(terminalSafe("abc\u202Ecba\u200b\u009b2J")).toBe("abc\\u202ecba\\u200b\\x9b2J");
  expect(terminalSafe("lone \ud800 surrogate, whole 🙂")).toBe("lone \\ud800 surrogate, whole 🙂");
});

test("workflow commands of a CI log are broken", () => {
  expect(terminalSafe("::set-env name=PATH::/evil")).toBe(": :set-env name=PATH::/evil");
  expect(terminalSafe("  ::error::x")).toBe("  : :error::x");
  expect(terminalSafe("text ##[add-path]/evil")).toBe("text # #[add-path]/evil");
  expect(terminalSafeLines("first\n::warning::second")).toBe("first\n: :warning::second");
});

test("a long answer is cut at whole characters", () => {
  expect(terminalSafe("🙂🙂🙂", 2)).toBe("🙂🙂…");
  expect(terminalSafe("🙂🙂", 2)).toBe("🙂🙂");
});

test("no text gives a control character, a line break or a line that starts with a command", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const safe = terminalSafe(text);
      expect(safe).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      expect(safe.trim().startsWith("::")).toBe(false);
      expect(safe).not.toContain("##[");
    }),
  );
});

/** Formulas as sympy's `parse_latex` reads them (1.13.3, antlr 4.11.1): each pair was put to OlympiadBench's judge. */

import { expect, it } from "vitest";
import { olympiadCorrect } from "../../tasks/olympiadbench/answer.js";
import { formulaOf } from "../../tasks/olympiadbench/formula.js";

it.each([
  ["\\dfrac{1}{2}", "0.5"],
  ["\\frac12", "\\tfrac{2}{4}"],
  ["\\log_2 8", "3"],
  ["\\lg 1000", "3"],
  ["\\log 2", "\\ln\\frac{4}{2}"],
  ["\\arctan\\frac{1}{2}", "\\tan^{-1}\\frac12"],
  ["\\sin^2 x", "\\frac{1-\\cos 2x}{2}"],
  ["\\frac{v_0^2\\sin 2\\theta}{g}", "\\frac{2v_{0}^2\\sin\\theta\\cos\\theta}{g}"],
  ["1 000", "10^3"],
  ["mg/2k", "\\frac{mg}{2k}"],
  ["x \\geq 1", "x\\geq 1"],
  ["\\binom{4}{2}", "6"],
  ["|-3|", "\\lfloor 3.5\\rfloor"],
  ["2x+y=3", "6=4x+2y"],
  ["\\frac{(n+1)!}{2}", "\\frac{(n+1) n!}{2}"],
  ["\\frac{n!}{(n-1)!}", "n"],
  ["\\frac{(n+2)!}{n!}", "n^2+3n+2"],
  ["\\frac{(2n)!}{n!n!}", "\\binom{2n}{n}"],
  ["\\frac{3.5!}{1}", "11.6317283965674"],
])("%s is %s", (reply, target) => {
  expect(olympiadCorrect(`\\boxed{${reply}}`, `$${target}$`, [1e-8])).toBe(true);
});

it.each([
  ["\\log 100", "2"], // the natural one
  ["n^2-n", "n(n-1)"], // a function n there
  ["\\sin x \\cdot \\cos x", "\\cos x \\cdot \\sin x"], // the sine of the product
  ["2 \\cdot \\sqrt 3", "\\sqrt{12}"], // a root wants braces
  ["a/b c", "\\frac{ac}{b}"], // side by side binds before "/"
  ["d L", "L d"], // a differential
  ["5~m", "5 m"],
  ["x", "2"],
  ["1\\,000", "1000"], // the judge parts answers at commas
  ["x+0.1", "x"],
  ["\\frac{n!}{k!}", "\\frac{k!}{n!}"],
  ["n!+1", "n+1"],
])("%s is not %s", (reply, target) => {
  expect(olympiadCorrect(`\\boxed{${reply}}`, `$${target}$`, [1e-8])).toBe(false);
});

it("reads no hostile nesting", () => {
  for (const text of ["(".repeat(4000), "\\sin".repeat(1200), "x^{".repeat(1500), "|".repeat(4000), "-".repeat(4000)])
    expect(formulaOf(text)).toBeUndefined();
});

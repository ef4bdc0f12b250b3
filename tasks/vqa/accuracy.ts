/** Agreement with ten people (Antol et al. 2015), in the form each benchmark's script computes it. */

import { strip } from "llava-eval";
import { evalAiNormalize, vlmEvalKitNormalize, vqaOfficialForms, vqav2Normalize } from "./normalize.js";

/** One person's answer as VQAv2 stores it. */
export interface PersonAnswer {
  readonly answer: string;
  readonly answer_confidence?: string;
  readonly answer_id?: number;
}

export interface VqaResult {
  /** 0..1; undefined without any answer (the references divide by zero). */
  readonly accuracy: number | undefined;
  /** The prediction as it was compared, and as it is submitted. */
  readonly answer: string;
}

/**
 * Mean over each person left out of min(1, matches among the others / 3): 0.3, 0.6, 0.9, 1 for 1, 2, 3, 4 of ten.
 * undefined without people.
 */
export function leaveOneOut(answer: string, people: readonly string[]): number | undefined {
  const n = people.length;
  if (n === 0) return undefined;
  let matches = 0;
  for (const person of people) if (person === answer) matches++;
  const whenMatchLeftOut = Math.min(1, (matches - 1) / 3);
  const whenOtherLeftOut = Math.min(1, matches / 3);
  return (matches * whenMatchLeftOut + (n - matches) * whenOtherLeftOut) / n;
}

/** TextVQA, OK-VQA, VizWiz in lmms-eval, TextVQA in LLaVA's M4C script: both sides through the EvalAI processor. */
export function evalAiVqaAccuracy(prediction: string, people: readonly string[]): VqaResult {
  const answer = evalAiNormalize(prediction);
  return { accuracy: leaveOneOut(answer, people.map(evalAiNormalize)), answer };
}

/**
 * VQAv2 in lmms-eval: always normalises; "the others" are the answers that differ *as structs*, so identical structs
 * (same text, confidence and id) all leave together.
 */
export function lmmsVqav2Accuracy(prediction: string, people: readonly PersonAnswer[]): VqaResult {
  const answer = vqav2Normalize(strip(prediction));
  const normal = people.map((person) => vqav2Normalize(person.answer));
  if (distinct(people)) return { accuracy: leaveOneOut(answer, normal), answer };
  const keys = people.map((person, i) => `${normal[i]}\u0000${person.answer_confidence}\u0000${person.answer_id}`);
  const credit = keys.map((key) => {
    const matches = keys.filter((other, j) => other !== key && normal[j] === answer).length;
    return Math.min(1, matches / 3);
  });
  return { accuracy: credit.length === 0 ? undefined : average(credit), answer };
}

function distinct(people: readonly PersonAnswer[]): boolean {
  const ids = people.map((person) => person.answer_id);
  return ids.every((id) => id !== undefined) && new Set(ids).size === ids.length;
}

/**
 * vqaEval.py (VQAv2, OK-VQA): nothing is normalised when all people give the same string, so "Yes." is wrong against
 * ten "yes".
 */
export function officialVqaAccuracy(prediction: string, people: readonly string[]): VqaResult {
  const forms = people.map(vqaOfficialForms);
  const unanimous = forms.every(({ flat }) => flat === forms[0]?.flat);
  const compared = unanimous ? "flat" : "normal";
  const answer = vqaOfficialForms(prediction)[compared];
  return {
    accuracy: leaveOneOut(
      answer,
      forms.map((person) => person[compared]),
    ),
    answer,
  };
}

/** VLMEvalKit's `vqa_score`: steps like the VQA script's on both sides, whatever the people say. */
export function vlmEvalKitVqaAccuracy(prediction: string, people: readonly string[]): VqaResult {
  const answer = vlmEvalKitNormalize(prediction);
  return { accuracy: leaveOneOut(answer, people.map(vlmEvalKitNormalize)), answer };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

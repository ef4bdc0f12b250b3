import { textTable } from "../board/format/text-table.js";
import { UserError } from "../core/errors.js";
import { checkInvariance, type InvarianceOptions, type InvarianceReport } from "../runners/local/invariance.js";
import { resolveModel } from "../runners/spec.js";

export type { InvarianceReport };

/** Whether a local model's answers depend on what they are asked with. */
export async function checkModel(model: string, options: Partial<InvarianceOptions>): Promise<InvarianceReport> {
  const config = await resolveModel(model);
  if (config.runner !== "local") {
    throw new UserError(`"${model}" is no local model`, "--model", "write local:DIR or local:ORG/NAME");
  }
  return await checkInvariance({ ...config, ...options });
}

/** One line for each way of asking. */
export function invarianceTable({ rows }: InvarianceReport): string {
  const right = (title: string) => ({ title, align: "right" as const });
  const columns = [
    { title: "compared with: alone, nothing shared" },
    ...["logits equal", "answers equal", "likelihoods equal", "largest difference", "shared tokens"].map(right),
  ];
  const lines = rows.map(({ way, requests, logits, answers, likelihoods, largest, sharedTokens }) => [
    way,
    ...[logits, answers, likelihoods].map((equal) => `${equal}/${requests}`),
    largest === 0 ? "0" : largest.toExponential(1),
    String(sharedTokens),
  ]);
  return textTable(columns, lines);
}

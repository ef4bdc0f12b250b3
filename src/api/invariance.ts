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

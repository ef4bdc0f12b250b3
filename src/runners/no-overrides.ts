import { UserError } from "../core/errors.js";
import { isRemote, type ModelConfig, takenFields, temperatureFix } from "./config.js";

/** @param where  the file that the config comes from @throws UserError  with the field, and what to write instead */
export function refuseOverrides(config: ModelConfig, where: string): void {
  if (!isRemote(config) || config.body === undefined) return;
  for (const [path, fix] of Object.entries(takenFields[config.runner])) {
    const value = path.split(".").reduce<unknown>(fieldOf, config.body);
    // Some models refuse a request that has a temperature: null takes it away.
    if (value === undefined || (value === null && fix === temperatureFix)) continue;
    throw new UserError(`body.${path} would ask something else than the task asks and the Result says`, where, fix);
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

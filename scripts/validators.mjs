// Writes dist/validators: for each schema that runs check every time a function of its own, so that they need not load ajv. A step of
// the build.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { preparedSchemas } from "../dist/src/api/prepared-schemas.js";
import { validatorFile, validatorFolder, validatorSource } from "../dist/src/core/validator.js";

const sources = new Map((await preparedSchemas()).map((schema) => [validatorFile(schema), validatorSource(schema)]));
mkdirSync(validatorFolder, { recursive: true });
for (const name of readdirSync(validatorFolder)) if (!sources.has(name)) rmSync(join(validatorFolder, name));
for (const [name, source] of sources) {
  const path = join(validatorFolder, name);
  // A run that goes on during a build reads them.
  if (!existsSync(path) || readFileSync(path, "utf8") !== source) writeFileSync(path, source);
}

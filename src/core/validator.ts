/**
 * From a schema to the function that checks data by it. This is the only file that knows ajv, and most runs do without: for what
 * runs check every time, the build has written the functions down (api/prepared-schemas), each under the digest of its schema.
 * Loading ajv is a tenth of the CPU time of a start, compiling the schemas of a run's own files another twentieth.
 */

import { createRequire } from "node:module";
import { join } from "node:path";
import type { Ajv2020, ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import type { TSchema } from "typebox";
import { textDigest } from "./digest.js";
import { packageRoot } from "./package-root.js";

export type { ErrorObject };

/** The keyword that marks an image in a row schema; dataset readers deliver such columns as `ImageRef`. */
export const imageKeyword = "x-image";
/** The keyword that marks a clip in a row schema; dataset readers deliver such columns as `VideoRef`. */
export const videoKeyword = "x-video";
/** The keyword that marks a column which keeps a list as text; dataset readers make that text where a file has the list itself. */
export const listTextKeyword = "x-list-text";

const load = createRequire(import.meta.url);
const known = new WeakMap<object, ValidateFunction>();
let compiler: Ajv2020 | undefined;

export function validatorOf(schema: TSchema): ValidateFunction {
  let validate = known.get(schema);
  if (!validate) {
    validate = written(schema) ?? compiled(schema);
    known.set(schema, validate);
  }
  return validate;
}

export const validatorFolder: string = join(packageRoot, "dist", "validators");

export const validatorFile = (schema: TSchema): string => `${textDigest(JSON.stringify(schema)).slice(0, 32)}.cjs`;

/** A CommonJS module that is the schema's function, for the build. */
export function validatorSource(schema: TSchema): string {
  const { default: standalone } = load("ajv/dist/standalone") as typeof import("ajv/dist/standalone/index.js");
  // Its own compiler: names in the text count what the compiler has seen.
  const compiler = openAjv(true);
  return `${standalone(compiler, compiler.compile(schema))}\n`;
}

function written(schema: TSchema): ValidateFunction | undefined {
  try {
    return load(join(validatorFolder, validatorFile(schema))) as ValidateFunction;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    return undefined;
  }
}

export function compiled(schema: TSchema): ValidateFunction {
  compiler ??= openAjv(false);
  return compiler.compile(schema);
}

function openAjv(optimize: boolean): Ajv2020 {
  const { Ajv2020: Ajv, _ } = load("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
  const made = new Ajv({
    strict: true,
    allErrors: false,
    allowUnionTypes: true,
    // `Type` writes no wrong schemas, and compiling the schema of schemas to find that out was 40 ms of every start.
    meta: false,
    validateSchema: false,
    // Validators run a few times per row: what ajv's optimizer saves them is less than the half of a compilation that it takes.
    code: { optimize, source: true },
  });
  for (const [keyword, method] of [
    [imageKeyword, "bytes"],
    [videoKeyword, "file"],
  ] as const)
    made.addKeyword({
      keyword,
      schemaType: "boolean",
      // As code and not as a function: it is written down with the rest.
      code: (cxt) => {
        const { data } = cxt;
        cxt.fail(_`typeof ${data} !== "object" || ${data} === null || typeof ${data}[${method}] !== "function"`);
      },
    });
  made.addKeyword({ keyword: listTextKeyword, schemaType: "boolean" });
  return made;
}

// npm run schemas: writes schemas/*.json, the JSON Schemas of every result and config file, from the types that the program itself uses.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";

const root = fileURLToPath(new URL("..", import.meta.url));
const jiti = createJiti(import.meta.url, { alias: { "llava-eval": `${root}src/index.ts` } });
const { publishedSchemas } = await jiti.import(`${root}src/board/schemas.ts`);
const { configSchemas } = await jiti.import(`${root}src/api/config-schemas.ts`);

mkdirSync(`${root}schemas`, { recursive: true });
for (const [name, schema] of Object.entries({ ...publishedSchemas(), ...configSchemas() })) {
  writeFileSync(`${root}schemas/${name}`, `${JSON.stringify(schema, null, 2)}\n`);
  process.stdout.write(`schemas/${name}\n`);
}

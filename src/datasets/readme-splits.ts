import { Type } from "../core/schema.js";
import { parseYaml } from "../core/yaml.js";
import type { SplitName } from "./layout.js";

const Patterns = Type.Union([Type.String(), Type.Array(Type.String())]);
const DataFiles = Type.Union([Patterns, Type.Array(Type.Object({ split: Type.String(), path: Patterns }))]);
const Card = Type.Object({
  configs: Type.Optional(
    Type.Array(Type.Object({ config_name: Type.Optional(Type.String()), data_files: Type.Optional(DataFiles) })),
  ),
});

/** The parquet files of a split as the `configs` of a dataset card name them (glob patterns); empty when it does not. */
export function filesNamedByReadme(
  readme: string,
  { split, config }: SplitName,
  files: readonly string[],
): readonly string[] {
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(readme)?.[1];
  if (front === undefined) return [];
  const { configs = [] } = parseYaml(front, "README.md", Card);
  const entry =
    configs.find(({ config_name }) => (config_name ?? "default") === (config ?? "default")) ??
    (config === undefined ? configs[0] : undefined);
  if (!entry || !Array.isArray(entry.data_files)) return [];
  const patterns = entry.data_files.flatMap((item) =>
    typeof item === "object" && item.split === split ? (typeof item.path === "string" ? [item.path] : item.path) : [],
  );
  return patterns.flatMap((pattern) => {
    const match = globOf(pattern);
    return files.filter((file) => file.endsWith(".parquet") && match.test(file)).sort();
  });
}

/** `*`, `**`, `?` and `[...]`; anything else is itself. */
function globOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*\*\/?|\*|\?/g, (star) => (star === "?" ? "[^/]" : star === "*" ? "[^/]*" : "(?:.*/)?"));
  return new RegExp(`^${source}$`);
}

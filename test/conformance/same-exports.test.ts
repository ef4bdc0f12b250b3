/** Conformance is worth something only when it runs the code that scores runs. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string) => readFileSync(file, "utf8");

/** The authoring API: what a benchmark imports of it is reached where it is defined. */
const api = join(root, "src", "index.ts");

interface Import {
  readonly names: readonly string[];
  readonly file: string;
}

/** Named imports and re-exports of values from relative modules. */
function importsOf(file: string): Import[] {
  return [...read(file).matchAll(/(?:import|export)\s+(type\s+)?\{([^}]*)\}\s*from\s*"(\.[^"]+|llava-eval)"/g)]
    .filter(([, type]) => type === undefined)
    .map(([, , names = "", from = ""]) => ({
      names: names
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "" && !name.startsWith("type "))
        .map((name) => name.split(/\s+as\s+/)[0] as string),
      file: from === "llava-eval" ? api : resolve(dirname(file), from.replace(/\.js$/, ".ts")),
    }));
}

/** A benchmark's folder begins at its task files. */
function taskFiles(): string[] {
  const names = readdirSync(join(root, "tasks"), { recursive: true, encoding: "utf8" });
  return names.filter((name) => /task\.ts$/.test(name)).map((name) => join(root, "tasks", name));
}

/** Every value that is imported from a module somewhere in what a task can reach, by module. */
function reachedFromTasks(): Map<string, Set<string>> {
  const used = new Map<string, Set<string>>();
  const queue = [api, ...taskFiles()];
  const seen = new Set(queue);
  for (let file = queue.pop(); file !== undefined; file = queue.pop())
    for (const { names, file: target } of importsOf(file)) {
      const known = used.get(target) ?? new Set();
      used.set(target, known);
      for (const name of names) known.add(name);
      if (!seen.has(target) && existsSync(target)) queue.push(target);
      seen.add(target);
    }
  return used;
}

/** A scorer calls these inside its own module. */
const usedInside = (file: string, name: string) =>
  [...read(file).matchAll(new RegExp(`(?<![\\w.])${name}(?!\\w)`, "g"))].length > 1;

/**
 * What only a conformance file has, and why: variants of other harnesses that we compare with but no task of ours scores by,
 * and the references' own generators and statistics, which runs must not use.
 */
const conformanceOnly = JSON.parse(read(join(root, "test", "conformance", "conformance-only.json"))) as Record<
  string,
  string
>;

test("every scorer, metric and parser that conformance runs is one that tasks reach", () => {
  const reached = reachedFromTasks();
  const adapters = ["vectors", "outputs"].flatMap((folder) => {
    const path = join(root, "test", "conformance", folder);
    return readdirSync(path).map((file) => join(path, file));
  });
  const strangers = adapters.flatMap((adapter) =>
    importsOf(adapter)
      .filter(({ file }) => /[\\/](src[\\/](scorers|metrics|text)|tasks)[\\/]/.test(file))
      .flatMap(({ names, file }) =>
        names
          .filter((name) => reached.get(file)?.has(name) !== true)
          .filter((name) => !(reached.has(file) && usedInside(file, name)))
          .map((name) => `${relative(root, file).replaceAll("\\", "/")} ${name}`),
      ),
  );
  expect([...new Set(strangers)].filter((name) => conformanceOnly[name] === undefined).sort()).toEqual([]);
  // A reason that has become wrong is removed.
  expect(Object.keys(conformanceOnly).filter((name) => !strangers.includes(name))).toEqual([]);
});

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Who may import whom; imports go one way. `index` is src/index.ts, the authoring API. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  files: ["core"],
  text: ["core"],
  statistics: ["core"],
  prompts: ["core", "text"],
  scorers: ["core", "prompts", "text", "statistics"],
  metrics: ["core", "text", "statistics", "scorers"],
  index: ["core", "text", "statistics", "prompts", "scorers", "metrics"],
  tasks: ["llava-eval"],
  http: ["core", "files"],
  images: ["core"],
  video: ["core", "files", "images"],
  datasets: ["core", "files", "http", "images"],
  record: ["core", "files"],
  runners: ["core", "files", "http", "images"],
  run: ["core", "files", "statistics", "record"],
  fleet: ["core", "files", "record", "run"],
  board: ["core", "files", "statistics", "record"],
  report: ["core", "files", "statistics", "record", "board"],
};

/** Single files that may do more than their folder. */
const alsoMayImport: Record<string, readonly string[]> = {
  // It answers from what a run left behind.
  "src/runners/replay.ts": ["record"],
};

/**
 * Who may touch the disk. A run's files are read and written in `record` alone: whoever else would like to must do without
 * `node:fs`.
 */
const mayUseDisk = ["files", "record", "datasets", "images", "video", "http", "api"];

/** Files elsewhere that read or write something that is no run's, and what that is. */
const ownFiles: Record<string, string> = {
  "src/core/package-root.ts": "the package's own package.json",
  "src/core/yaml.ts": "a configuration",
  "src/metrics/jar-metrics.ts": "what METEOR and SPICE are given and give",
  "src/runners/spec.ts": "names of presets",
  "src/fleet/connect.ts": "the queue's URL, and who signed its certificate",
  "src/fleet/image-cache.ts": "images that a coordinator served",
  "src/fleet/kept-answers.ts": "answers that a worker has not handed over",
  "src/fleet/served-clips.ts": "clips that a coordinator serves",
  "src/runners/local/": "checkpoints and the engine",
  "src/board/leaderboard/import/": "another harness's results",
  "src/board/leaderboard/published.ts": "published numbers of the package",
  "src/board/trackers/": "a tracker's files",
  "src/board/watch/checkpoints.ts": "a trainer's checkpoints",
  "src/board/watch/curve.ts": "which steps have a folder",
  "src/report/": "pages and images",
  "src/text/wordnet.ts": "WordNet, of the package",
};

/** They print the names for people: titles of schemas, help. */
const titles = ["src/board/schemas.ts"];

/** The one folder that wraps each package; everybody else uses the wrapper. */
const wrappedIn: Record<string, readonly string[]> = {
  // What only the tasks of documents read and cut texts with.
  htmlparser2: ["datasets", "tasks"],
  "@node-rs/jieba": ["tasks"],
  undici: ["http"],
  sharp: ["images"],
  ajv: ["core"],
  typebox: ["core"],
  yaml: ["core"],
  yargs: ["cli"],
  picocolors: ["cli"],
  "p-limit": ["run"],
  "csv-stringify": ["board"],
  // The board only for the writer's types.
  hyparquet: ["board", "datasets"],
  "hyparquet-compressors": ["datasets"],
  "hyparquet-writer": ["board", "datasets"],
  "@huggingface/tokenizers": ["runners"],
  "@huggingface/jinja": ["runners"],
  jiti: ["api"],
  bullmq: ["fleet"],
  ioredis: ["fleet"],
  pg: ["fleet"],
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly target: string;
  /** The file it names, when it is one of ours. */
  readonly path?: string;
  /** With the file that imports, later, or for its types alone. */
  readonly when: "start" | "later" | "never";
}

const imports = [...sources(join(root, "src")), ...sources(join(root, "tasks"))].flatMap(importsOf);

test("there are imports to look at", () => {
  expect(imports.length).toBeGreaterThan(100);
});

for (const [folder, allowed] of Object.entries(mayImport)) {
  test(`${folder} imports only ${allowed.join(", ") || "itself"}`, () => {
    const strangers = imports.filter(
      ({ file, from, target }) =>
        from === folder &&
        target !== folder &&
        isOurs(target) &&
        !allowed.includes(target) &&
        !alsoMayImport[file]?.includes(target),
    );
    expect(strangers, "move the shared part down, or pass it in as a parameter").toEqual([]);
  });
}

test("cli imports only core and api", () => {
  const strangers = imports.filter(
    ({ from, target }) => from === "cli" && isOurs(target) && !["cli", "core", "api"].includes(target),
  );
  expect(strangers, "put the parts together in src/api").toEqual([]);
});

test("nobody but cli imports api", () => {
  expect(imports.filter(({ from, target }) => target === "api" && from !== "api" && from !== "cli")).toEqual([]);
});

test("the folders of api use one another in one direction", () => {
  const order = ["tasks", "data", "record", "board", "report", "run", "publish"];
  const folderOf = (path: string) => /^src\/api\/(\w+)\//.exec(path)?.[1];
  const folders = readdirSync(join(root, "src", "api"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual([...order].sort());
  const within = sources(join(root, "src", "api")).flatMap((path) => {
    const file = relative(root, path).split(sep).join("/");
    return [...readFileSync(path, "utf8").matchAll(/from "(\.[^"]+)"/g)].map(([, to]) => ({
      file,
      from: folderOf(file),
      to: folderOf(
        relative(root, resolve(dirname(path), to ?? ""))
          .split(sep)
          .join("/"),
      ),
    }));
  });
  const between = within.filter(({ from, to }) => from !== undefined && to !== undefined && from !== to);
  expect(between.length).toBeGreaterThan(20);
  expect(between.filter(({ from, to }) => order.indexOf(to ?? "") > order.indexOf(from ?? ""))).toEqual([]);
});

test("nothing in api prints or ends the process", () => {
  const loud = /process\.(stdout|stderr|exit|exitCode|on|once|emit)\b|console\./;
  const files = sources(join(root, "src", "api"));
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((path) => loud.test(readFileSync(path, "utf8")))).toEqual([]);
});

test("nobody imports cli", () => {
  expect(imports.filter(({ from, target }) => target === "cli" && from !== "cli")).toEqual([]);
});

test("a run's files are touched in record alone: no other folder has a way to the disk", () => {
  const strangers = imports.filter(
    ({ file, from, target }) =>
      /^node:fs/.test(target) &&
      !mayUseDisk.includes(from) &&
      !Object.keys(ownFiles).some((own) => file.startsWith(own)),
  );
  expect(strangers.map(({ file }) => file)).toEqual([]);
});

test("the names of a run's files are written in record alone", () => {
  const names = /["'`](run\.json|run\.lock|timings\.jsonl)["'`]|\.samples\.jsonl/;
  const speakers = sources(join(root, "src"))
    .filter((path) => names.test(withoutComments(readFileSync(path, "utf8"))))
    .map((path) => relative(root, path).split(sep).join("/"))
    .filter((file) => !file.startsWith("src/record/") && !titles.includes(file));
  expect(speakers).toEqual([]);
});

test("only runners/local knows the engine", () => {
  expect(imports.filter(({ file, target }) => target === "engine" && !file.startsWith("src/runners/local/"))).toEqual(
    [],
  );
});

test("the engine's sources know nothing of the GPU and the instructions that its tests emulate", () => {
  const folder = join(root, "src", "engine");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.(cc|cu|h)$/.test(name));
  expect(files.length).toBeGreaterThan(100);
  const knowing = files.filter((name) => /^\s*#.*emulate/im.test(readFileSync(join(folder, name), "utf8")));
  expect(knowing, "stand in by include path, as test/engine/emulated_cuda does for the toolkit").toEqual([]);
});

for (const [name, folders] of Object.entries(wrappedIn)) {
  test(`${name} is imported only in ${folders.join(", ")}`, () => {
    const strangers = imports.filter(({ from, target }) => target === name && !folders.includes(from));
    expect(strangers).toEqual([]);
  });
}

test("no file imports itself by way of others, types included", () => {
  const next = new Map<string, string[]>();
  for (const { file, path } of imports) if (path) next.set(file, [...(next.get(file) ?? []), path]);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const before = way.indexOf(file);
    if (before >= 0) circles.push([...way.slice(before), file].join(" -> "));
    if (before >= 0 || done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  expect(circles, "move what both need into a file of its own").toEqual([]);
});

test("a run loads at its start what every run needs: sharp alone is 110 CPU-ms and 25 MB", () => {
  const loaded = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { target, path, when } of importsOf(join(root, file))) {
      if (when !== "start") continue;
      if (path) visit(path);
      else if (!target.startsWith("node:")) packages.add(target);
    }
  };
  visit("src/cli/run.ts");
  expect(loaded.size).toBeGreaterThan(100);
  expect([...packages].sort(), "import what only some runs need where they need it").toEqual([
    "hyparquet",
    "p-limit",
    "picocolors",
  ]);
});

test("the command line, `llava-eval` and `llava-eval/api` load each module once, from the bundle", () => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const command = /new URL\("\.\.\/(dist\/[^"]+)"/.exec(readFileSync(join(root, "bin/llava-eval.js"), "utf8"))?.[1];
  const chunks = new Set<string>();
  const modules: string[] = [];
  const visit = (path: string): void => {
    // What `tasks new` writes into a user's file looks like an import.
    if (chunks.has(path) || !existsSync(path)) return;
    chunks.add(path);
    const text = readFileSync(path, "utf8");
    modules.push(...[...text.matchAll(/^\/\/ dist\/(src\/\S+)\.js$/gm)].map(([, name]) => `${name}.ts`));
    for (const [, name = ""] of text.matchAll(/(?:\bfrom\s*|\bimport\(\s*|^import\s*)"(\.{1,2}\/[\w./-]+)"/gm))
      visit(resolve(dirname(path), name));
  };
  for (const entry of [command, exports["."].default, exports["./api"].default]) visit(join(root, entry));
  expect([...chunks].filter((path) => dirname(path) !== join(root, "dist", "bundle"))).toEqual([]);
  expect(modules).toHaveLength(new Set(modules).size);
  expect(modules).toEqual(expect.arrayContaining(["src/core/errors.ts", "src/cli/run.ts", "src/api/run/evaluate.ts"]));
});

test("what the bundle holds of other packages is in its list of licences", () => {
  const folder = join(root, "dist", "bundle");
  const licences = readFileSync(join(folder, "LICENSES.md"), "utf8");
  const packages = new Set<string>();
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".js")))
    for (const [, held = ""] of readFileSync(join(folder, name), "utf8").matchAll(
      /^\/\/ (?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//gm,
    ))
      packages.add(held);
  expect([...packages]).toContain("yargs");
  expect([...packages].filter((name) => !licences.includes(`## ${name} - `))).toEqual([]);
});

function isOurs(target: string): boolean {
  return target in mayImport || ["cli", "api", "engine", "llava-eval"].includes(target);
}

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === "node_modules" || path === join(root, "src", "report", "page")) return [];
    if (statSync(path).isDirectory()) return sources(path);
    return name.endsWith(".ts") ? [path] : [];
  });
}

function importsOf(path: string): Import[] {
  // Comments may quote an import; template strings may hold one for a user's file.
  const text = withoutComments(readFileSync(path, "utf8"));
  const file = relative(root, path).split(sep).join("/");
  const specifiers = [
    ...text.matchAll(/^\s*(?:import|export)\b[^"'`;]*?from\s*"([^"]+)"/gm),
    ...text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g),
    ...text.matchAll(/^import\s+"([^"]+)"/gm),
  ];
  return specifiers.map(([statement, specifier = ""]) => ({
    file,
    from: folderOf(path),
    target: targetOf(path, specifier),
    when: /^\s*(?:import|export)\s+type\b/.test(statement)
      ? "never"
      : statement.startsWith("import(")
        ? "later"
        : "start",
    ...(specifier.startsWith(".") ? { path: sourceOf(path, specifier) } : {}),
  }));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

function sourceOf(path: string, specifier: string): string {
  const target = relative(root, resolve(dirname(path), specifier))
    .split(sep)
    .join("/");
  return target.replace(/\.js$/, ".ts");
}

function folderOf(path: string): string {
  const [top = "", second = ""] = relative(root, path).split(sep);
  if (top !== "src") return top;
  return second === "index.ts" || second === "index.js" ? "index" : second;
}

function targetOf(path: string, specifier: string): string {
  if (specifier.startsWith(".")) return folderOf(resolve(dirname(path), specifier));
  const [scope = "", name = ""] = specifier.split("/");
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

/** Which files hold a split, by the naming rules of the Hub: `data/validation-00000-of-00068.parquet`, `<config>/test-*.parquet`. */

export interface SplitName {
  readonly split: string;
  /** The Hub's configuration; absent or `default` = none. */
  readonly config?: string;
}

/** Splits that are read one after the other: `location+placement`. */
export const splitParts = (split: string): readonly string[] => split.split("+");

/** The parquet files of a split among `files` (paths with `/`), in the order of their rows; empty when there are none. */
export function splitFiles(files: readonly string[], { split, config }: SplitName): readonly string[] {
  const folders =
    config === undefined || config === "default"
      ? ["", "data/", "default/"]
      : [`${config}/`, `data/${config}/`, `${config}/data/`];
  // `test` must not take `test_private-0000.parquet`: a separator follows the split's name.
  const shard = new RegExp(`^${literal(split)}([-.][^/]*)?\\.parquet$`);
  for (const folder of folders) {
    for (const prefix of [folder, `${folder}${split}/`]) {
      const inside = files.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
      const inSplitFolder = prefix !== folder;
      const found = inside.filter((name) => (inSplitFolder ? /^[^/]+\.parquet$/.test(name) : shard.test(name)));
      if (found.length > 0) return found.sort(byName).map((name) => prefix + name);
    }
  }
  if (config !== undefined && config !== "default") {
    const flat = new RegExp(`^(data/)?${literal(config)}[-_.]${literal(split)}([-.][^/]*)?\\.parquet$`);
    return files.filter((file) => flat.test(file)).sort(byName);
  }
  return [];
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

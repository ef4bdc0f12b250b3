/** Names of models and runs are anything, names of files are not: `llava-next-7b`, each once, whatever the file system folds. */
export function fileNames(names: Iterable<string>, placeOf: (name: string) => string): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const places = new Map<string, string>();
  for (const name of names) {
    const plain =
      name
        .toLowerCase()
        .replace(/[^a-z0-9.]+/g, "-")
        .replace(/^[-.]+|[-.]+$/g, "")
        .slice(0, 60) || "unnamed";
    let place = placeOf(plain);
    for (let i = 2; taken.has(place); i++) place = placeOf(`${plain}-${i}`);
    taken.add(place);
    places.set(name, place);
  }
  return places;
}

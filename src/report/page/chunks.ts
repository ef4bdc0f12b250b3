/** Samples in pieces: script files beside the page, the server's, or inline blocks. Each is loaded once. */
import type { PageData, PageSample } from "../page-data.js";

declare global {
  interface Window {
    /** A chunk file calls it. */
    llavaEvalChunk?: (name: string, samples: readonly PageSample[]) => void;
  }
}

const loaded = new Map<string, readonly PageSample[]>();
const loading = new Map<string, Promise<readonly PageSample[]>>();

window.llavaEvalChunk = (name, samples) => {
  loaded.set(name, samples);
};

export function chunkInHand(task: string, number: number): readonly PageSample[] | undefined {
  return loaded.get(`${task}/${number}`);
}

/** Forgets the pieces of a task that grew. */
export function forget(task: string): void {
  for (const name of [...loaded.keys()].filter((key) => key.startsWith(`${task}/`))) {
    loaded.delete(name);
    loading.delete(name);
  }
}

/** Reads a piece again; until it is there the old one is shown. */
export function renewChunk(store: PageData["store"], task: string, number: number): Promise<readonly PageSample[]> {
  loading.delete(`${task}/${number}`);
  return loadChunk(store, task, number);
}

export function loadChunk(store: PageData["store"], task: string, number: number): Promise<readonly PageSample[]> {
  const name = `${task}/${number}`;
  const known = loading.get(name);
  if (known) return known;
  const coming =
    store === "inline"
      ? Promise.resolve(inlineBlock<readonly PageSample[]>(name) ?? [])
      : loadScript(task, number, name);
  loading.set(name, coming);
  void coming.then((samples) => loaded.set(name, samples)).catch(() => loading.delete(name));
  return coming;
}

function loadScript(task: string, number: number, name: string): Promise<readonly PageSample[]> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `chunks/${encodeURIComponent(task)}/${number}.js`;
    script.onload = () => {
      script.remove();
      const samples = loaded.get(name);
      if (samples) resolve(samples);
      else reject(new Error(`${script.src} holds no samples`));
    };
    script.onerror = () => {
      script.remove();
      reject(new Error(`${script.src} is missing: keep the report's folder together`));
    };
    document.head.append(script);
  });
}

function inlineBlock<T>(name: string): T | undefined {
  const block = document.querySelector(`script[data-name="${CSS.escape(name)}"]`);
  return block ? (JSON.parse(block.textContent ?? "null") as T) : undefined;
}

/** Where an image is: small or original. In a one-file report only the small one is there. */
export function imageUrl(store: PageData["store"], name: string, small: boolean): string | undefined {
  if (store === "inline") return inlineBlock<string>(`image/${name}`);
  return small ? `thumbs/${name.split(".")[0]}.webp` : `images/${name}`;
}

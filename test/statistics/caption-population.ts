/** A population of images with captions made from a small grammar, and each image's CIDEr with the population's frequencies. */
import { captionScores } from "../../src/metrics/caption-scores.js";
import { type SeededRandom, seededRandom } from "../../src/statistics/seeded-random.js";

const things = [
  "dog",
  "cat",
  "man",
  "woman",
  "child",
  "horse",
  "bird",
  "bus",
  "train",
  "boat",
  "pizza",
  "clock",
  "tree",
  "bench",
];
const deeds = ["sits on", "stands near", "runs past", "looks at", "plays with", "waits for", "moves under"];
const looks = ["red", "small", "large", "old", "wet", "brown", "white", "young"];

/** @returns one CIDEr-D value per image, as `captionMetrics` computes it with fixed document frequencies */
export function ciderPopulation(images: number): readonly number[] {
  const random = seededRandom("captions");
  const described = Array.from({ length: images }, () => {
    const scene = {
      who: random.pick(things),
      deed: random.pick(deeds),
      what: random.pick(things),
      look: random.pick(looks),
    };
    return {
      references: Array.from({ length: 5 }, () => caption(random, scene, 0.25)),
      prediction: caption(random, scene, 0.4),
    };
  });
  return [...captionScores(described).imageCider];
}

interface Scene {
  readonly who: string;
  readonly deed: string;
  readonly what: string;
  readonly look: string;
}

/** People, and models more often, see something else than the scene. */
function caption(random: SeededRandom, { who, deed, what, look }: Scene, slip: number): string {
  const or = (word: string, others: readonly string[]) => (random.next() < slip ? random.pick(others) : word);
  const adjective = random.next() < 0.5 ? `${or(look, looks)} ` : "";
  return `a ${adjective}${or(who, things)} ${or(deed, deeds)} a ${or(what, things)}`;
}

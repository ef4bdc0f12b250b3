/** What is to be said of a run's workers as they come, go and fall behind. */
import type { WorkerStatus } from "./announced.js";

/** A worker says every five seconds that it is there. */
const lostAfter = 30;
/** One that is no longer on the list has left, or the server lost the list, and hears of the worker again in a moment. */
const goneAfter = 10;
/** Samples of which a worker's pace is known. */
const enough = 48;
/** Workers of which there is a usual pace. */
const several = 3;
/** Names in one line. */
const mostNames = 5;

interface Known {
  /** Seconds, by any clock. */
  heardAt: number;
  listedAt: number;
  isLost: boolean;
}

export class WorkerWatch {
  private readonly known = new Map<string, Known>();
  private readonly slow = new Set<string>();
  private wasAlone = true;

  /** @param now  in seconds, by any clock that goes on @returns lines, none where nothing has changed */
  look(workers: readonly WorkerStatus[], now: number): readonly string[] {
    const lines = [...this.arrivals(workers, now), ...this.losses(now), ...this.pace(workers)];
    const isAlone = ![...this.known.values()].some(({ isLost }) => !isLost);
    if (isAlone && !this.wasAlone) lines.push("no worker is left: what is not answered waits for one");
    this.wasAlone = isAlone;
    return lines;
  }

  /** Whoever has come, or come back, since the last look. */
  arrivals(workers: readonly WorkerStatus[], now: number): readonly string[] {
    const joined: string[] = [];
    const back: string[] = [];
    for (const { name, seenAgo } of workers) {
      const known = this.known.get(name);
      const heardAt = now - seenAgo;
      if (seenAgo > lostAfter) {
        if (known) Object.assign(known, { heardAt, listedAt: now });
        continue;
      }
      if (!known) joined.push(name);
      else if (known.isLost) back.push(name);
      this.known.set(name, { heardAt, listedAt: now, isLost: false });
    }
    return [...line("joined", joined), ...line("are heard of again", back)];
  }

  private losses(now: number): readonly string[] {
    const lost: string[] = [];
    const left: string[] = [];
    for (const [name, known] of this.known) {
      if (now - known.listedAt > goneAfter) {
        if (!known.isLost) left.push(name);
        this.known.delete(name);
        this.slow.delete(name);
      } else if (!known.isLost && now - known.heardAt > lostAfter) {
        known.isLost = true;
        lost.push(name);
      }
    }
    const others = `have not been heard of for ${lostAfter} s: what they have in hand goes to others`;
    return [...line("left", left), ...line(others, lost)];
  }

  /** Those that take twice as long as half of them do, once each. */
  private pace(workers: readonly WorkerStatus[]): readonly string[] {
    const paced = workers.filter(({ name, done }) => done >= enough && this.known.get(name)?.isLost === false);
    if (paced.length < several) return [];
    const speeds = paced.map(({ perSecond }) => perSecond).sort((a, b) => a - b);
    const median = speeds[Math.floor(speeds.length / 2)] ?? 0;
    const slow = paced.filter(({ name, perSecond }) => 2 * perSecond < median && !this.slow.has(name));
    for (const { name } of slow) this.slow.add(name);
    return line(
      `answer less than half of what is usual here, ${median.toPrecision(2)}/s`,
      slow.map(({ name }) => name),
    );
  }
}

function line(what: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
  return [`workers that ${what}: ${names.slice(0, mostNames).join(", ")}${more}`];
}

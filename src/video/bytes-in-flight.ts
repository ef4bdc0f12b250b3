/**
 * Bytes of clips that requests hold until they have their answer; what several hold counts once. A request begins only where there is room for its
 * own (a larger one alone), and the next clip is read only while it has room beside what is held, waited with and read.
 */
export class BytesInFlight {
  private readonly held = new Counted();
  /** Held, or waited with. */
  private readonly wanted = new Counted();
  private expected = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly most: number) {}

  /** Waits for room; until what it returns is called, these are in a request. */
  async hold(parts: readonly Uint8Array[]): Promise<() => void> {
    this.wanted.add(parts);
    while (this.held.sum > 0 && this.held.sum + this.held.missing(parts) > this.most) await this.change();
    this.held.add(parts);
    return () => {
      this.held.remove(parts);
      this.wanted.remove(parts);
      this.changed();
    };
  }

  /** Waits for room for so many bytes, as far as anybody knows, that are about to be read; what it returns is called when they are. */
  async room(bytes: number): Promise<() => void> {
    while (this.held.sum + this.expected > 0 && this.wanted.sum + this.expected + bytes >= this.most)
      await this.change();
    this.expected += bytes;
    return () => {
      // Not at once: who waits for them holds them first.
      setImmediate(() => {
        this.expected -= bytes;
        this.changed();
      });
    };
  }

  private change(): Promise<void> {
    return new Promise((go) => this.waiting.push(go));
  }

  private changed(): void {
    for (const go of this.waiting.splice(0)) go();
  }
}

/** The sum of some bytes, each counted once however often it is added. */
class Counted {
  sum = 0;
  private readonly users = new Map<Uint8Array, number>();

  add(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      const users = this.users.get(part) ?? 0;
      if (users === 0) this.sum += part.byteLength;
      this.users.set(part, users + 1);
    }
  }

  remove(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      const users = (this.users.get(part) ?? 0) - 1;
      if (users > 0) this.users.set(part, users);
      else if (this.users.delete(part)) this.sum -= part.byteLength;
    }
  }

  /** Of these, what is not in the sum. */
  missing(parts: readonly Uint8Array[]): number {
    return [...new Set(parts)].reduce((sum, part) => sum + (this.users.has(part) ? 0 : part.byteLength), 0);
  }
}

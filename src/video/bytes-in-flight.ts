/**
 * Bytes of clips that requests hold until they have their answer. A request begins only where there is room for its own (a larger one alone), and
 * the next clip is read only while less than the bound is held or waited with.
 */
export class BytesInFlight {
  private held = 0;
  private waitedWith = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly most: number) {}

  /** Waits for room; until what it returns is called, so many bytes are in a request. */
  async hold(bytes: number): Promise<() => void> {
    this.waitedWith += bytes;
    while (this.held > 0 && this.held + bytes > this.most) await this.change();
    this.waitedWith -= bytes;
    this.held += bytes;
    return () => {
      this.held -= bytes;
      for (const go of this.waiting.splice(0)) go();
    };
  }

  async room(): Promise<void> {
    while (this.held > 0 && this.held + this.waitedWith >= this.most) await this.change();
  }

  private change(): Promise<void> {
    return new Promise((go) => this.waiting.push(go));
  }
}

/** Longer ones are cut: nothing that we read of a decoder has so much to say. */
const longest = 4096;

/** Cuts a stream of text into lines. */
export class Lines {
  private rest = "";

  constructor(private readonly onLine: (line: string) => void) {}

  add(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = (lines.pop() ?? "").slice(0, longest);
    for (const line of lines) this.onLine(line.slice(0, longest));
  }

  end(): void {
    if (this.rest !== "") this.onLine(this.rest);
    this.rest = "";
  }
}

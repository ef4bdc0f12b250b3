import type { SampleFailure } from "../core/errors.js";

/** Tells a dead endpoint from unlucky samples: so many failures in a row, with no answer between, and nothing more is asked. */
export class EndpointHealth {
  private inARow = 0;
  /** It said itself that it takes no more. */
  private said = false;
  detail = "";

  constructor(private readonly concurrency: () => number) {}

  get down(): boolean {
    return this.said || this.inARow >= Math.max(20, 2 * this.concurrency());
  }

  saw({ failure }: { readonly failure?: SampleFailure | undefined }): void {
    // A refusal is an answer; a row's own fault says nothing of the endpoint.
    if (failure === undefined || failure.reason === "refused") this.inARow = 0;
    if (failure?.reason !== "transport") return;
    this.inARow++;
    this.said ||= failure.endpointDown;
    this.detail = failure.detail;
  }
}

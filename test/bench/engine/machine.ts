import { compiled, jsonLines } from "./programs.js";

/** What this machine can do at most, all threads together; per CPU second where other work takes the cores away. */
export interface Machine {
  readonly gflops: number;
  readonly gflopsPerCpuSecond: number;
  /** Reading memory, GB/s of wall time. */
  readonly gigabytes: number;
}

export async function measureMachine(threads: string): Promise<Machine> {
  const [machine] = jsonLines<Machine>(await compiled("machine", ["-march=native"]), [threads], threads);
  if (!machine) throw new Error("the machine was not measured");
  return machine;
}

import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Where a pid is one process: one boot of one machine, and one container of it. Two of either may have one name. */
export const pidSpace = (() => {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    // Not on Linux, which has no such containers.
    return hostname();
  }
})();

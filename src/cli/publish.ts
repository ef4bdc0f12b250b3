import { join } from "node:path";
import type { CommandModule } from "yargs";
import { publish } from "../api/publish/publish.js";
import { numberFlag } from "./number-flag.js";
import { type PublisherArguments, publisherOf, publisherOptions } from "./publisher.js";

interface Arguments extends PublisherArguments {
  readonly run: string;
  readonly out: string;
  readonly images: string | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "a run's folder" })
      .option("out", { type: "string", requiresArg: true, demandOption: true, describe: "a new folder" })
      .option("images", {
        type: "string",
        requiresArg: true,
        describe: "samples of a task whose images are on the page (default 0: their licence decides)",
      })
      .options(publisherOptions)
      .example("$0 publish results/my-run --out my-run-published", "a folder to upload, and to `verify`"),
  handler: async (argv) => {
    const images = { integer: true, min: 0, max: Number.POSITIVE_INFINITY, fallback: 0 };
    await publish(argv.run, argv.out, {
      publisher: publisherOf(argv),
      images: numberFlag(argv.images, "images", images),
      warn: (message) => void process.stderr.write(`warning: ${message}\n`),
    });
    process.stdout.write(`${join(argv.out, "README.md")}\n`);
  },
};

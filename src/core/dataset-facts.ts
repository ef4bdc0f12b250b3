import { Strings } from "./schema-parts.js";
import { type Static, Type } from "./schema-type.js";

export const DatasetFacts = Type.Object({
  source: Type.String({ description: "hub id, folder, or `demo`" }),
  kind: Type.Enum(["hub", "folder", "demo"]),
  images: Type.Optional(
    Type.String({
      description: "where the images are from that are not in the rows' data set: a hub id and its commit, or a folder",
    }),
  ),
  configs: Type.Optional(Strings()),
  split: Type.String(),
  revision: Type.Optional(Type.String({ description: "resolved commit" })),
  digest: Type.Optional(Type.String({ description: "SHA-256 over the files read (name, size, hash)" })),
  licence: Type.String(),
  rows: Type.Optional(Type.Integer({ description: "rows the split has" })),
  expectedRows: Type.Optional(Type.Integer()),
});
export type DatasetFacts = Static<typeof DatasetFacts>;

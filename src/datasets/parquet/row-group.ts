import type { DecodedArray, FileMetaData } from "hyparquet";
import { assembleNested } from "hyparquet/src/assemble.js";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { parquetSchema } from "hyparquet/src/metadata.js";
import { getTreePath } from "hyparquet/src/schema.js";
import { ColumnChunk } from "./column-chunk.js";
import type { AsyncBuffer } from "./file.js";

/** Chunks up to this size are fetched whole when all rows are wanted. */
const wholeChunkBytes = 32 * 1024 * 1024;
/** Of a larger one, or when few rows are wanted: enough for a page. */
const fewRowsStep = 1024 * 1024;

export interface WantedCells {
  readonly columns: readonly string[];
  /** Only some rows are wanted: fetch no more than they need. */
  readonly few: boolean;
}

/** The wanted columns of one row group, as raw cells: binary as Uint8Array views on their page. */
export class RowGroup {
  private readonly columns: readonly {
    readonly name: string;
    readonly tree: Tree;
    readonly leaves: readonly ColumnChunk[];
  }[];

  constructor(file: AsyncBuffer, metadata: FileMetaData, index: number, { columns, few }: WantedCells) {
    const group = metadata.row_groups[index] as FileMetaData["row_groups"][number];
    const root = parquetSchema(metadata);
    this.columns = columns.map((name) => {
      const leaves = group.columns.flatMap(
        ({ meta_data: facts, offset_index_offset: at, offset_index_length: length }) => {
          if (!facts || facts.path_in_schema[0] !== name) return [];
          const size = Number(facts.total_compressed_size);
          const step = few || size > wholeChunkBytes ? fewRowsStep : size;
          const path = getTreePath(root, facts.path_in_schema);
          const pageIndex = at !== undefined && length !== undefined ? { at: Number(at), length } : undefined;
          return [
            new ColumnChunk(file, facts, {
              schemaPath: path,
              groupRows: Number(group.num_rows),
              step,
              ...(pageIndex ? { pageIndex } : {}),
            }),
          ];
        },
      );
      const tree = root.children.find((child) => child.element.name === name);
      if (!tree || leaves.length === 0) throw new Error(`column ${name} is not in row group ${index}`);
      return { name, tree, leaves };
    });
  }

  /** Rows [from, to), counted within the group. */
  async rows(from: number, to: number): Promise<Record<string, unknown>[]> {
    const columns = await Promise.all(
      this.columns.map(async (column) => [column.name, await cellsOf(column, from, to)] as const),
    );
    return Array.from({ length: to - from }, (_, i) => {
      const row: Record<string, unknown> = {};
      for (const [name, cells] of columns) row[name] = cells[i];
      return row;
    });
  }
}

type Tree = ReturnType<typeof parquetSchema>;

async function cellsOf(
  { tree, leaves }: { tree: Tree; leaves: readonly ColumnChunk[] },
  from: number,
  to: number,
): Promise<DecodedArray> {
  const values = new Map<string, DecodedArray>();
  for (const leaf of leaves) values.set(leaf.path, await leaf.rows(from, to));
  assembleNested(values, tree, DEFAULT_PARSERS);
  const cells = values.get(tree.element.name);
  if (!cells || cells.length !== to - from)
    throw new Error(`column ${tree.element.name} has ${cells?.length ?? 0} of ${to - from} rows`);
  return cells;
}

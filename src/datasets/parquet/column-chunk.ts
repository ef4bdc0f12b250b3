import type { ColumnMetaData, DecodedArray } from "hyparquet";
import { parquetHeader, readPage } from "hyparquet/src/column.js";
import { convert, DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { readOffsetIndex } from "hyparquet/src/indexes.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js";
import { type Decompress, decompressor } from "./codecs.js";
import type { AsyncBuffer } from "./file.js";
import { checkRuns } from "./runs.js";

type Header = ReturnType<typeof parquetHeader>;
type Decoder = Parameters<typeof readPage>[2];
type Tree = Decoder["schemaPath"][number];

/** A page header with statistics of long texts is a few hundred bytes; larger than the second size is no header. */
const headerGuesses = [4 * 1024, 1024 * 1024];
/** Values of a column chunk, at most. */
const maxValues = 100_000_000;
const maxIndexBytes = 16 * 1024 * 1024;

/** Where a page of a column without lists lies: found by walking the headers, once. */
export interface ChunkOptions {
  /** From the root to the leaf. */
  readonly schemaPath: Tree[];
  readonly groupRows: number;
  /** Bytes fetched at once: few for a limit, the whole chunk for a run over all rows. */
  readonly step: number;
  /** The file's own list of pages, if it has one: rows can then be begun anywhere without what is before them. */
  readonly pageIndex?: { readonly at: number; readonly length: number };
}

interface PagePlace {
  readonly at: number;
  readonly firstRow: number;
  readonly rows: number;
}

/**
 * One leaf column of a row group, decoded page by page: hyparquet's own decoder, with every size that a page claims checked
 * before it is believed. A column without lists is read no further than the rows wanted; one with lists is read whole.
 */
export class ColumnChunk {
  readonly path: string;
  private readonly bytes: Bytes;
  private readonly decoder: Decoder;
  private readonly maxDefinition: number;
  private readonly maxRepetition: number;
  private readonly places: PagePlace[] = [];
  private readonly start: number;
  private readonly end: number;
  private next: number;
  private knownRows = 0;
  private decompressor: Promise<Decompress> | undefined;
  private dictionary: DecodedArray | undefined;
  private whole: DecodedArray | undefined;
  private found: { readonly at: number; readonly header: Header; readonly body: number } | undefined;
  /** The page that was read last: rows that are wanted next often begin within it. */
  private last: { readonly place: PagePlace; readonly values: DecodedArray } | undefined;
  /** Rows of `whole` handed out: whoever assembles them flattens their lists in place, so they are good for one use. */
  private given = 0;
  private readonly groupRows: number;
  private readonly pageIndex: ChunkOptions["pageIndex"];

  constructor(
    private readonly file: AsyncBuffer,
    metadata: ColumnMetaData,
    { schemaPath, groupRows, step, pageIndex }: ChunkOptions,
  ) {
    this.groupRows = groupRows;
    this.pageIndex = pageIndex;
    const { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: size } = metadata;
    this.path = metadata.path_in_schema.join(".");
    this.start = Number(dictionary || data);
    this.next = this.start;
    this.end = this.start + Number(size);
    if (!(this.start >= 0 && this.end <= file.byteLength)) throw new Error(`column ${this.path} lies beyond the file`);
    if (Number(metadata.num_values) > maxValues)
      throw new Error(`column ${this.path} claims ${metadata.num_values} values`);
    this.bytes = new Bytes(file, this.end, step, metadata.codec !== "UNCOMPRESSED");
    this.maxDefinition = getMaxDefinitionLevel(schemaPath);
    this.maxRepetition = getMaxRepetitionLevel(schemaPath);
    this.decoder = {
      pathInSchema: metadata.path_in_schema,
      type: metadata.type,
      element: (schemaPath.at(-1) as Tree).element,
      schemaPath,
      codec: metadata.codec,
      parsers: DEFAULT_PARSERS,
      utf8: false, // else un-annotated binary (`image.bytes`) is decoded to strings and destroyed
    };
  }

  /** Values of rows [from, to) of the group, one element per row. */
  async rows(from: number, to: number): Promise<DecodedArray> {
    if (this.maxRepetition > 0) {
      if (!this.whole || from < this.given) this.whole = await this.readWhole();
      this.given = to;
      return this.whole.slice(from, to);
    }
    if (from > this.knownRows && this.pageIndex && this.places.length === 0) await this.usePageIndex(this.pageIndex);
    const parts: unknown[] = [];
    for (let page = 0; parts.length < to - from; page++) {
      const place = this.places[page] ?? (await this.nextPlace());
      if (!place) throw new Error(`column ${this.path} ends after ${this.knownRows} of ${this.groupRows} rows`);
      if (place.firstRow + place.rows <= from) continue;
      const values = await this.readPlace(place);
      const start = Math.max(0, from - place.firstRow);
      for (let i = start; i < Math.min(values.length, to - place.firstRow); i++) parts.push(values[i]);
    }
    return parts;
  }

  private async usePageIndex({ at, length }: { at: number; length: number }): Promise<void> {
    if (!(at >= 0 && length > 0 && length <= maxIndexBytes && at + length <= this.file.byteLength)) return;
    const view = new DataView(await this.file.slice(at, at + length));
    const pages = readOffsetIndex({ view, offset: 0 }).page_locations;
    const first = Number(pages[0]?.offset ?? this.next);
    // A dictionary stands before the first data page.
    await this.nextPage(first);
    for (const [i, page] of pages.entries()) {
      const firstRow = Number(page.first_row_index);
      const rows = Number(pages[i + 1]?.first_row_index ?? this.groupRows) - firstRow;
      const offset = Number(page.offset);
      if (firstRow !== this.knownRows || rows < 0 || offset < first || offset >= this.end) {
        throw new Error(`the page index of column ${this.path} is broken`);
      }
      this.places.push({ at: offset, firstRow, rows });
      this.knownRows += rows;
    }
    this.next = this.end;
  }

  /** Walks on to the next data page; dictionaries on the way are read. */
  private async nextPage(end = this.end): Promise<{ at: number; header: Header; body: number } | undefined> {
    while (this.next < end) {
      const at = this.next;
      const { header, body } = await this.header(at);
      this.next = body + header.compressed_page_size;
      if (header.type === "DICTIONARY_PAGE") await this.readDictionary(header, body);
      if (header.type === "DATA_PAGE" || header.type === "DATA_PAGE_V2") return { at, header, body };
    }
    return undefined;
  }

  private async nextPlace(): Promise<PagePlace | undefined> {
    const page = await this.nextPage();
    if (!page) return undefined;
    const place = { at: page.at, firstRow: this.knownRows, rows: valuesOf(page.header) };
    this.knownRows += place.rows;
    if (this.knownRows > this.groupRows) throw new Error(`column ${this.path} has more than ${this.groupRows} rows`);
    this.places.push(place);
    return place;
  }

  private async readPlace(place: PagePlace): Promise<DecodedArray> {
    if (this.last?.place === place) return this.last.values;
    const { header, body } = await this.header(place.at);
    const values = await this.readData(header, body, undefined);
    if (values.length !== place.rows)
      throw new Error(`a page of column ${this.path} has ${values.length} of ${place.rows} rows`);
    this.last = { place, values };
    return values;
  }

  /** Pages of a column with lists may end within a row: they are appended to each other. */
  private async readWhole(): Promise<DecodedArray> {
    let rows: DecodedArray | undefined;
    let values = 0;
    this.next = this.start;
    for (let page = await this.nextPage(); page; page = await this.nextPage()) {
      values += valuesOf(page.header);
      if (values > maxValues) throw new Error(`column ${this.path} has more than ${maxValues} values`);
      if (valuesOf(page.header) > 0) rows = await this.readData(page.header, page.body, rows);
    }
    if ((rows?.length ?? 0) !== this.groupRows)
      throw new Error(`column ${this.path} has ${rows?.length ?? 0} of ${this.groupRows} rows`);
    return rows as DecodedArray;
  }

  private async header(at: number): Promise<{ header: Header; body: number }> {
    // A page is found by its header, and read next.
    if (this.found?.at === at) return this.found;
    for (const guess of headerGuesses) {
      const length = Math.min(guess, this.end - at);
      const reader = { view: viewOf(await this.bytes.read(at, length)), offset: 0 };
      try {
        const header = parquetHeader(reader);
        const body = at + reader.offset;
        if (!(header.compressed_page_size >= 0 && body + header.compressed_page_size <= this.end)) {
          throw new Error(`a page of column ${this.path} reaches beyond its chunk`);
        }
        this.found = { at, header, body };
        return this.found;
      } catch (error) {
        // Cut off by our guess, perhaps: once more with as much as there can be.
        if (length === this.end - at || guess === headerGuesses.at(-1)) throw error;
      }
    }
    throw new Error(`a page header of column ${this.path} cannot be read`);
  }

  private async readDictionary(header: Header, body: number): Promise<void> {
    const decompress = await this.decompress();
    const stored = await this.bytes.read(body, header.compressed_page_size);
    const content = decompress(stored, header.uncompressed_page_size);
    const { data } = this.decode(header, stored, content, undefined);
    if (data) this.dictionary = convert(data, this.decoder);
  }

  private async readData(header: Header, body: number, previous: DecodedArray | undefined): Promise<DecodedArray> {
    const decompress = await this.decompress();
    const read = await this.bytes.read(body, header.compressed_page_size);
    // Cells are views on their page: one that is not compressed must not lie in memory that the next read fills again.
    const stored = header.data_page_header_v2?.is_compressed === false ? read.slice() : read;
    const content =
      header.type === "DATA_PAGE"
        ? this.versionOne(header, stored, decompress)
        : this.versionTwo(header, stored, decompress);
    return this.decode(header, stored, content, previous).data ?? [];
  }

  private decompress(): Promise<Decompress> {
    this.decompressor ??= decompressor(this.decoder.codec);
    return this.decompressor;
  }

  /** @param content  what the decoder finds when it asks for decompression: already done, and checked */
  private decode(header: Header, stored: Uint8Array, content: Uint8Array, previous: DecodedArray | undefined) {
    const { codec } = this.decoder;
    const decoder: Decoder = { ...this.decoder, compressors: { [codec]: () => content } };
    return readPage({ view: viewOf(stored), offset: 0 }, header, decoder, this.dictionary, previous, 0);
  }

  /** Levels with their lengths in front, then values, all compressed together. */
  private versionOne(header: Header, stored: Uint8Array, decompress: Decompress): Uint8Array {
    const page = decompress(stored, header.uncompressed_page_size);
    const count = valuesOf(header);
    let at = 0;
    for (const level of [this.maxRepetition, this.maxDefinition]) {
      if (level === 0) continue;
      const length = viewOf(page).getUint32(at, true);
      if (at + 4 + length > page.byteLength)
        throw new Error(`the levels of column ${this.path} reach beyond their page`);
      checkRuns(page, { start: at + 4, end: at + 4 + length }, bitsFor(level), count);
      at += 4 + length;
    }
    this.checkValues(header.data_page_header?.encoding, page, at, count);
    return page;
  }

  /** Levels uncompressed in front, values compressed or not. */
  private versionTwo(header: Header, stored: Uint8Array, decompress: Decompress): Uint8Array {
    const facts = header.data_page_header_v2;
    if (!facts) throw new Error(`a page of column ${this.path} lacks its header`);
    const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = facts;
    const levels = repetition + definition;
    if (!(repetition >= 0 && definition >= 0 && levels <= stored.byteLength)) {
      throw new Error(`the levels of column ${this.path} reach beyond their page`);
    }
    const count = valuesOf(header);
    checkRuns(stored, { start: 0, end: repetition }, bitsFor(this.maxRepetition), count);
    checkRuns(stored, { start: repetition, end: levels }, bitsFor(this.maxDefinition), count);
    const packed = stored.subarray(levels);
    const size = header.uncompressed_page_size - levels;
    const values = facts.is_compressed === false ? packed : decompress(packed, size);
    this.checkValues(facts.encoding, values, 0, count);
    return values;
  }

  private checkValues(encoding: string | undefined, page: Uint8Array, at: number, count: number): void {
    if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") {
      if (at < page.byteLength) checkRuns(page, { start: at + 1, end: page.byteLength }, page[at] as number, count);
    } else if (encoding === "RLE") {
      // Booleans: the length stands in front.
      checkRuns(page, { start: at + 4, end: page.byteLength }, 1, count);
    }
  }
}

/** Values that a data page claims: its rows, unless it has lists. */
function valuesOf({ data_page_header: one, data_page_header_v2: two }: Header): number {
  const values = one?.num_values ?? two?.num_values ?? -1;
  if (!(values >= 0 && values <= maxValues)) throw new Error(`a page claims ${values} values`);
  return values;
}

function bitsFor(level: number): number {
  return 32 - Math.clz32(level);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Steps double up to this size: whoever reads on wants more. */
const largestStep = 8 * 1024 * 1024;
/**
 * From a disk, where asking again costs nothing: what the processor's caches still hold when it is decompressed (4 MB took 2 % more CPU
 * time and 24 MB more memory at 2,000 samples).
 */
const diskStep = 1024 * 1024;
const nothing = new Uint8Array(0);

/** Bytes of one column chunk, fetched ahead in steps; what was fetched last is kept. */
class Bytes {
  private start = 0;
  private held: Uint8Array = nothing;
  /** Serves one read after the other: new memory for each makes the garbage collector run, and costs page faults. */
  private memory = nothing;

  /** @param reusable  nobody keeps what `read` returned when the next `read` begins */
  constructor(
    private readonly file: AsyncBuffer,
    private readonly end: number,
    private step: number,
    private readonly reusable: boolean,
  ) {
    if (file.readInto && reusable) this.step = Math.min(step, diskStep);
  }

  private async fetch(from: number, to: number): Promise<Uint8Array> {
    if (!this.file.readInto || !this.reusable) return new Uint8Array(await this.file.slice(from, to));
    // What is held of it already moves to the front; what it moves over is held no longer, even if the read fails.
    const kept = from < this.start ? nothing : this.held.subarray(from - this.start);
    this.held = nothing;
    const memory = this.memory.length < to - from ? new Uint8Array(to - from) : this.memory;
    memory.set(kept);
    this.memory = memory;
    const bytes = memory.subarray(0, to - from);
    await this.file.readInto(bytes.subarray(kept.length), from + kept.length);
    return bytes;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    const offset = at - this.start;
    if (offset < 0 || offset + length > this.held.byteLength) {
      const to = Math.min(this.end, at + Math.max(length, this.step));
      this.held = await this.fetch(at, to);
      this.start = at;
      if (!this.file.readInto) this.step = Math.max(this.step, Math.min(largestStep, this.step * 2));
      return this.held.subarray(0, length);
    }
    return this.held.subarray(offset, offset + length);
  }
}

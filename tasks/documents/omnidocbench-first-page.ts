/**
 * OmniDocBench 1.0, as VLMEvalKit has kept it: texts are compared with texts, formulas with formulas and tables with tables in HTML. Source: VLMEvalKit
 * `dataset/OmniDocBench/omnidocbench.py`, `metrics.py` at e8e78f05.
 */

import { cheapestPairs } from "./assignment.js";
import { type Block, blocksOf } from "./omnidocbench-blocks.js";
import { formulaForm, tableForm, textForm } from "./omnidocbench-forms.js";
import { firstMatches, type Match, relativeDistance, uncounted } from "./omnidocbench-match.js";
import {
  byOrder,
  type Compared,
  type Edits,
  editsOf,
  FORMULA,
  orderOf,
  type Page,
  type PageBlock,
  textKinds,
  wholeBlocks,
} from "./omnidocbench-page.js";
import { teds } from "./teds.js";

export interface FirstPageScore {
  readonly text: Edits | undefined;
  readonly formula: Edits | undefined;
  readonly tableText: Edits | undefined;
  readonly tables: readonly number[];
  readonly structures: readonly number[];
  readonly order: ReturnType<typeof orderOf>;
}

/** Blocks of the page and pieces of the reply, each with the form in which it is compared. */
interface Sides {
  readonly targets: readonly PageBlock[];
  readonly pieces: readonly Block[];
  contentOf(target: PageBlock): string;
  formOf(content: string): string;
}

interface Matched extends Compared {
  readonly match: Match;
  readonly kind: string;
}

function matched({ targets, pieces, contentOf, formOf }: Sides): readonly Matched[] {
  const withForm = <Item>(items: readonly Item[], of: (item: Item) => string) =>
    items.map((item) => ({ item, form: formOf(of(item)) })).filter(({ item, form }) => form !== "" && of(item) !== "");
  const wanted = withForm(targets, contentOf);
  const said = withForm(pieces, ({ content }) => content);
  const matches = firstMatches(
    wanted.map(({ form }) => form),
    said.map(({ form }) => form),
  );
  return matches.map((match) => ({
    match,
    target: match.targets.map((i) => wanted[i]?.form).join(""),
    text: match.said.map((j) => said[j]?.form).join(""),
    kind: kindOf(match.targets.map((i) => wanted[i]?.item.category_type ?? "")),
  }));
}

/** The kind that most are of among those that count, else among all; of several the first. */
function kindOf(all: readonly string[]): string {
  const counted = all.filter((kind) => !uncounted.has(kind));
  const kinds = counted.length > 0 ? counted : all;
  const times = (kind: string) => kinds.filter((one) => one === kind).length;
  return kinds.reduce((best, kind) => (times(kind) > times(best) ? kind : best), kinds[0] ?? "");
}

export function scoreFirstPage(page: Page, reply: string): FirstPageScore {
  const said = blocksOf(reply, "1.0");
  const blocks = wholeBlocks(page);
  const ofKind = (kind: Block["kind"]) => said.filter((block) => block.kind === kind);
  const texts = [...textKinds].flatMap((kind) => blocks.filter((one) => one.category_type === kind)).sort(byOrder);
  const pieces = ofKind("text");
  const contentOf = ({ text = "" }: PageBlock) => text;
  // A page without text is not asked what text the reply has.
  const all = texts.length === 0 ? [] : matched({ targets: texts, pieces, contentOf, formOf: textForm });
  const counted = all.filter(({ kind }) => !uncounted.has(kind));
  const formulas = matched({
    targets: blocks.filter(({ category_type: kind }) => kind === FORMULA).sort(byOrder),
    pieces: ofKind("formula"),
    contentOf: ({ latex = "" }) => latex,
    formOf: (content) => formulaForm(content, "1.0"),
  });
  const tables = tablePairs(blocks.filter(({ category_type: kind }) => kind === "table").sort(byOrder), ofKind("html"));
  const like = (structureOnly: boolean) => tables.map(({ target, text }) => teds(text, target, { structureOnly }) ?? 0);
  return {
    text: editsOf(counted),
    formula: editsOf(formulas.filter(({ match }) => match.targets.length > 0)),
    ...{ tableText: editsOf(tables), tables: like(false), structures: like(true) },
    order: orderOf(
      counted.map(({ match }) => match),
      texts,
      pieces,
    ),
  };
}

/** Each table of the page with the one in HTML that stands for it; those in LaTeX stand for none. */
function tablePairs(targets: readonly PageBlock[], said: readonly Block[]): readonly Compared[] {
  const wanted = targets.flatMap(({ html }) => html || []);
  const costs = wanted.map((html) => said.map(({ content }) => relativeDistance(html, content)));
  const pairs = said.length === 0 ? [] : cheapestPairs(costs);
  return wanted.map((html, i) => {
    const content = pairs[i] === undefined ? "" : (said[pairs[i]]?.content ?? "");
    return { target: tableForm(html) || html, text: tableForm(content) || content };
  });
}

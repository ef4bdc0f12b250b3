/**
 * Video-MME-v2's score of a video: its four questions together. Source: MME-Benchmarks/Video-MME-v2 `evaluation/test_video_mme_v2.py`,
 * `cal_relevance` and `cal_logic`; lmms-eval `videomme_v2/utils.py` has the same numbers.
 */

import { folded, intervalOf, type Metric, Moments, type Sample, type Scored, UserError } from "llava-eval";

/** By how many answers are right (relevance), or by how long the chain of right answers is (logic). */
const squares = [0, 1 / 16, 4 / 16, 9 / 16, 1];
const chains: Readonly<Record<string, readonly number[]>> = {
  "[1,2,3,4]": squares,
  "[1,[2,3],4]": [0, 1 / 12, 4 / 12, 7 / 12, 1],
  "[[1,2],3,4]": [0, 1 / 10, 2 / 10, 5 / 10, 1],
};

const shapeOf = (structure: string): string => structure.replaceAll(" ", "");
export const isStructure = (structure: string): boolean => Object.hasOwn(chains, shapeOf(structure));

/**
 * Questions that ask about the same thing: the square of the share that is right. The authors' script sums -1 for an answer without a
 * letter, so such a group loses a right answer, too.
 */
export function relevanceScore(marks: readonly number[]): number {
  return squares[marks.reduce((sum, mark) => sum + mark, 0)] ?? 0;
}

/**
 * Questions that build on one another: only the chain of right answers from the first on counts; in two structures one question can stand
 * in for its neighbour. A -1 is true in Python, so in the authors' script an answer without a letter continues the chain.
 */
export function logicScore(marks: readonly number[], structure: string): number {
  const shape = shapeOf(structure);
  const scores = isStructure(structure) ? chains[shape] : undefined;
  // No run asks such a row (`hasReference`).
  if (scores === undefined)
    throw new UserError(`no rule for the group structure "${structure}"`, "group_structure", "correct the row");
  const end = marks.indexOf(0);
  let chain = end < 0 ? marks.length : end;
  const at = (place: number): boolean => (marks[place] ?? 0) !== 0;
  if (shape === "[1,[2,3],4]" && chain === 1 && at(2)) chain++;
  if (shape === "[[1,2],3,4]" && chain === 0 && at(1)) chain++;
  return scores[chain] ?? 0;
}

interface Question {
  readonly place: number;
  readonly type: string;
  readonly structure: string;
  readonly level: string;
  /** Undefined: unscored. */
  readonly mark: number | undefined;
}

const groupScore = (questions: readonly Question[], unscored: number): number => {
  const marks = questions.map(({ mark }) => mark ?? unscored);
  const { type = "", structure = "" } = questions[0] ?? {};
  return type === "relevance" ? relevanceScore(marks) : logicScore(marks, structure);
};

/** Four questions at their four places, of one kind. */
function isWhole(ordered: readonly Question[]): boolean {
  const [first] = ordered;
  const isAlike = ({ type, structure }: Question) => type === first?.type && structure === first.structure;
  return ordered.length === 4 && ordered.every((question, i) => question.place === i + 1 && isAlike(question));
}

/**
 * Mean over the videos whose last question fits `kept` (it gives the group its level). A video with an unscored question is outside the
 * value, inside the bounds; one that has not four questions of one kind is left out with a note.
 */
export function meanOfVideos(name: string, kept: (last: { type: string; level: string }) => boolean): Metric {
  return {
    ...{ name, unit: "fraction", direction: "higher", perGroup: false },
    start(context) {
      const videos = new Map<string, Question[]>();
      const open = new Set<string>();
      const add = ({ cluster, score }: Sample): void => {
        if (score.status !== "scored") return void open.add(cluster);
        const video = videos.get(cluster) ?? [];
        videos.set(cluster, video);
        video.push(questionOf(score, context.scoring === "official"));
      };
      const groups = () =>
        [...videos].flatMap(([cluster, questions]) => {
          const ordered = [...questions].sort((a, b) => a.place - b.place);
          const last = ordered.at(-1);
          return last !== undefined && kept(last) ? [{ ordered, isOpen: open.has(cluster) }] : [];
        });
      return folded(
        {
          scored: add,
          unscored: add,
          value() {
            const moments = new Moments();
            let [sum, broken] = [0, 0];
            for (const { ordered, isOpen } of groups()) {
              if (isOpen) continue;
              if (!isWhole(ordered)) {
                broken++;
                continue;
              }
              const score = groupScore(ordered, 0);
              moments.add(score);
              sum += score;
            }
            const { n } = moments;
            const note = `${broken} of the videos have not four questions of one kind: they are left out`;
            return { value: n === 0 ? null : sum / n, n, ...intervalOf(moments), ...(broken > 0 ? { note } : {}) };
          },
        },
        context,
      );
    },
  };
}

function questionOf({ value, data }: Scored, official: boolean): Question {
  const { read, ...question } = data as unknown as Omit<Question, "mark"> & { readonly read: boolean };
  return { ...question, mark: official && !read ? -1 : (value as number) };
}

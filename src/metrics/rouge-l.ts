/** ROUGE-L (Lin 2004) as pycocoevalcap computes it. */

const beta = 1.2;

/**
 * F-measure of the longest common subsequence, 0..1, of captions as word ids. The best precision and the best recall may come
 * from different references. Words are what `split(" ")` gives, so the empty caption is one empty word: empty against empty
 * is 1.
 *
 * Time words(hypothesis) * words(references).
 */
export function rougeL(hypothesis: Int32Array, references: readonly Int32Array[]): number {
  let precision = 0;
  let recall = 0;
  for (const reference of references) {
    const common = commonSubsequence(hypothesis, reference);
    precision = Math.max(precision, common / hypothesis.length);
    recall = Math.max(recall, common / reference.length);
  }
  if (precision === 0 || recall === 0) return 0;
  return ((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision);
}

let row = new Int32Array(256);

function commonSubsequence(a: Int32Array, b: Int32Array): number {
  const width = b.length;
  if (row.length <= width) row = new Int32Array(2 * width + 2);
  row.fill(0, 0, width + 1);
  for (let i = 0; i < a.length; i++) {
    const word = a[i];
    let diagonal = 0;
    let left = 0;
    for (let j = 1; j <= width; j++) {
      const above = row[j] as number;
      const length = word === b[j - 1] ? diagonal + 1 : above > left ? above : left;
      diagonal = above;
      left = length;
      row[j] = length;
    }
  }
  return row[width] as number;
}

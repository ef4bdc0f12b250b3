/** The least cost of making one ordered tree of another (Zhang and Shasha 1989): what APTED and zss compute too, by other ways. */

export interface Tree<Node> {
  readonly node: Node;
  readonly children: readonly Tree<Node>[];
}

export interface Costs<Node> {
  insert(node: Node): number;
  remove(node: Node): number;
  rename(from: Node, to: Node): number;
}

/** A tree's nodes, each behind its children. */
interface PostOrder<Node> {
  readonly nodes: readonly Node[];
  /** Of each node the number of its leftmost leaf. */
  readonly leftmost: readonly number[];
  /** The root, and all nodes that have a sibling to the left: what begins with another leaf than its parent does. */
  readonly keyRoots: readonly number[];
}

/** With a stack of its own: what a model wrote may be nested deeper than ours. */
function postOrder<Node>(tree: Tree<Node>): PostOrder<Node> {
  const nodes: Node[] = [];
  const leftmost: number[] = [];
  const open = [{ tree, next: 0, first: 0 }];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const child = top.tree.children[top.next++];
    if (child !== undefined) open.push({ tree: child, next: 0, first: nodes.length });
    else {
      nodes.push(top.tree.node);
      leftmost.push(top.first);
      open.pop();
    }
  }
  const last = new Map(leftmost.map((leaf, i) => [leaf, i]));
  return { nodes, leftmost, keyRoots: [...last.values()].sort((a, b) => a - b) };
}

export function treeDistance<Node>(from: Tree<Node>, to: Tree<Node>, costs: Costs<Node>): number {
  const [a, b] = [postOrder(from), postOrder(to)];
  const removal = a.nodes.map((node) => costs.remove(node));
  const insertion = b.nodes.map((node) => costs.insert(node));
  const width = b.nodes.length;
  /** Between the trees under each two nodes. */
  const trees = new Float64Array(a.nodes.length * width);
  for (const i of a.keyRoots) for (const j of b.keyRoots) forests(i, j);
  return trees.at(-1) as number;

  function forests(i: number, j: number): void {
    const [left, other] = [a.leftmost[i] as number, b.leftmost[j] as number];
    const columns = j - other + 2;
    /** Between what stands left of two nodes, from the leftmost leaves on. */
    const costOf = new Float64Array((i - left + 2) * columns);
    for (let x = left; x <= i; x++)
      costOf[(x - left + 1) * columns] = (costOf[(x - left) * columns] as number) + (removal[x] as number);
    for (let y = other; y <= j; y++) costOf[y - other + 1] = (costOf[y - other] as number) + (insertion[y] as number);
    for (let x = left; x <= i; x++) {
      const row = (x - left + 1) * columns;
      for (let y = other; y <= j; y++) {
        const at = row + y - other + 1;
        const change = Math.min(
          (costOf[at - columns] as number) + (removal[x] as number),
          (costOf[at - 1] as number) + (insertion[y] as number),
        );
        const [leafX, leafY] = [a.leftmost[x] as number, b.leftmost[y] as number];
        if (leafX === left && leafY === other) {
          const renamed = (costOf[at - columns - 1] as number) + costs.rename(a.nodes[x] as Node, b.nodes[y] as Node);
          costOf[at] = trees[x * width + y] = Math.min(change, renamed);
        } else {
          const before = costOf[(leafX - left) * columns + leafY - other] as number;
          costOf[at] = Math.min(change, before + (trees[x * width + y] as number));
        }
      }
    }
  }
}

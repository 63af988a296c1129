/** The tree of organisation units as a value: what lies above, what lies below, and how a unit is named. */

export interface TreeNode {
  readonly id: string;
  readonly parent_id: string | null;
  readonly name: string;
}

export interface Tree<N extends TreeNode = TreeNode> {
  readonly nodes: ReadonlyMap<string, N>;
  /** Children by parent's id, `''` for the tops; in the order of the nodes given. */
  readonly below: ReadonlyMap<string, readonly N[]>;
}

/** A parent that isn't among the nodes counts as none. */
export function makeTree<N extends TreeNode>(nodes: readonly N[]): Tree<N> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const below = Map.groupBy(nodes, ({ parent_id: parent }) =>
    parent !== null && byId.has(parent) ? parent : '',
  );
  return { nodes: byId, below };
}

/** The id of what several units are together, which is no unit that anybody has made. */
export const TOGETHER = 'together';

/** The tree with one more node, below which these units stand that stand below none of the others. */
export function gatherIn(tree: Tree, unitIds: readonly string[], name: string): Tree {
  const isTop = ({ id, parent_id: parent }: TreeNode) =>
    unitIds.includes(id) && (parent === null || !tree.nodes.has(parent));
  return makeTree([
    { id: TOGETHER, parent_id: null, name },
    ...[...tree.nodes.values()].map((node) => (isTop(node) ? { ...node, parent_id: TOGETHER } : node)),
  ]);
}

/** The unit's id and those of all units above it, the nearest first. Ends also where the data has a loop. */
export function lineageIn(tree: Tree, unitId: string): string[] {
  const line: string[] = [];
  for (let at = tree.nodes.get(unitId); at && !line.includes(at.id);) {
    line.push(at.id);
    at = at.parent_id === null ? undefined : tree.nodes.get(at.parent_id);
  }
  return line;
}

/** The ids of these units and of all below them. */
export function subtreeIn(tree: Tree, unitIds: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const open = [...unitIds].filter((id) => tree.nodes.has(id));
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    for (const child of tree.below.get(id) ?? []) open.push(child.id);
  }
  return found;
}

/** `两新工委/花茶总支/花茶协会党支部`. */
export const pathIn = (tree: Tree, unitId: string): string =>
  lineageIn(tree, unitId)
    .filter((id) => id !== TOGETHER || unitId === TOGETHER)
    .toReversed()
    .map((id) => tree.nodes.get(id)?.name ?? '')
    .join('/');

/** The units that a name or the end of a path means: `花茶协会党支部`, `花茶总支/花茶协会党支部`. */
export function findInTree<N extends TreeNode>(tree: Tree<N>, named: string): N[] {
  const parts = splitPath(named);
  if (parts.length === 0) return [];
  return [...tree.nodes.values()].filter((node) => {
    const names = lineageIn(tree, node.id).map((id) => tree.nodes.get(id)?.name);
    return parts.toReversed().every((part, index) => names[index] === part);
  });
}

export const splitPath = (path: string): string[] =>
  path
    .normalize('NFC')
    .split(/[/／]/u)
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** The nodes from the top down, each with its depth, as a printed tree has them. */
export function walkTree<N extends TreeNode>(tree: Tree<N>): { node: N; depth: number }[] {
  const seen = new Set<string>();
  const walk = (parent: string, depth: number): { node: N; depth: number }[] =>
    (tree.below.get(parent) ?? []).flatMap((node) => {
      if (seen.has(node.id)) return [];
      seen.add(node.id);
      return [{ node, depth }, ...walk(node.id, depth + 1)];
    });
  return walk('', 0);
}

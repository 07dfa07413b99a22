/**
 * A Merkle tree as in RFC 6962: leaves and nodes are hashed with different first bytes, so that a node can never be
 * shown as a leaf, and a tree of any size has one shape. The root stands for all leaves in their order; a proof of one
 * leaf takes as many hashes as the tree is high.
 */
import { createHash } from 'node:crypto';

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafHash = (leaf: Uint8Array): Buffer => sha256(LEAF, leaf);
const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE, left, right);

/** The left part is the largest power of two that leaves something for the right. */
const split = (size: number): number => 1 << (31 - Math.clz32(size - 1));

const rootOf = (hashes: readonly Buffer[], from: number, to: number): Buffer => {
  const only = hashes[from];
  if (to - from === 1 && only) return only;
  const middle = from + split(to - from);
  return nodeHash(rootOf(hashes, from, middle), rootOf(hashes, middle, to));
};

/** @throws RangeError without a leaf */
export const merkleRoot = (leaves: readonly Uint8Array[]): Buffer => {
  if (leaves.length === 0) throw new RangeError('a tree has at least one leaf');
  return rootOf(leaves.map(leafHash), 0, leaves.length);
};

/** The hashes beside the way from this leaf up to the root, the lowest first. */
export const merkleProof = (leaves: readonly Uint8Array[], index: number): Buffer[] => {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError(`there is no leaf ${index} among ${leaves.length}`);
  const hashes = leaves.map(leafHash);
  const beside = (from: number, to: number): Buffer[] => {
    if (to - from === 1) return [];
    const middle = from + split(to - from);
    return index < middle ? [...beside(from, middle), rootOf(hashes, middle, to)] : [...beside(middle, to), rootOf(hashes, from, middle)];
  };
  return beside(0, leaves.length);
};

export type MerklePlace = { readonly index: number; readonly size: number };

/** Whether this leaf stands at this place of the tree with this root. */
export const provesLeaf = (leaf: Uint8Array, { index, size }: MerklePlace, { proof, root }: { proof: readonly Uint8Array[]; root: Uint8Array }): boolean => {
  if (!Number.isInteger(index) || index < 0 || index >= size) return false;
  const rest = proof.slice();
  const climb = (from: number, to: number): Buffer | undefined => {
    if (to - from === 1) return leafHash(leaf);
    const middle = from + split(to - from);
    const sibling = rest.pop();
    if (!sibling) return undefined;
    const mine = index < middle ? climb(from, middle) : climb(middle, to);
    if (!mine) return undefined;
    return index < middle ? nodeHash(mine, sibling) : nodeHash(sibling, mine);
  };
  const computed = climb(0, size);
  return computed !== undefined && rest.length === 0 && computed.equals(root);
};

import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { merkleProof, merkleRoot, provesLeaf } from './merkle.ts';

const leaf = fc.uint8Array({ minLength: 0, maxLength: 40 });
const leaves = fc.array(leaf, { minLength: 1, maxLength: 40 });
const leavesAndPlace = leaves.chain((all) => fc.tuple(fc.constant(all), fc.nat(all.length - 1)));
const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

describe('a Merkle root', () => {
  test('is the one of RFC 6962', () => {
    const [a, b, c] = [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')];
    const [ha, hb, hc] = [a, b, c].map((bytes) => sha256(Buffer.of(0), bytes)) as [Buffer, Buffer, Buffer];
    expect(merkleRoot([a])).toEqual(ha);
    expect(merkleRoot([a, b, c])).toEqual(sha256(Buffer.of(1), sha256(Buffer.of(1), ha, hb), hc));
    expect(() => merkleRoot([])).toThrow('at least one leaf');
  });

  test('changes with any leaf, with their order and with their number', () => {
    fc.assert(
      fc.property(leavesAndPlace, leaf, ([all, index], other) => {
        const root = merkleRoot(all);
        if (!Buffer.from(other).equals(all[index] ?? Buffer.of())) expect(merkleRoot(all.with(index, other))).not.toEqual(root);
        expect(merkleRoot([...all, other])).not.toEqual(root);
        if (all.length > 1) expect(merkleRoot(all.toSpliced(index, 1))).not.toEqual(root);
        const swapped = all.toReversed();
        if (!Buffer.concat(swapped).equals(Buffer.concat(all))) expect(merkleRoot(swapped)).not.toEqual(root);
      }),
    );
  });
});

describe('a proof of one leaf', () => {
  test('proves it at its place, and neither another leaf nor another place, size or root', () => {
    fc.assert(
      fc.property(leavesAndPlace, leaf, fc.nat(60), ([all, index], other, elsewhere) => {
        const [root, proof, own] = [merkleRoot(all), merkleProof(all, index), all[index] ?? Buffer.of()];
        const place = { index, size: all.length };
        expect(provesLeaf(own, place, { proof, root })).toBe(true);
        if (!Buffer.from(other).equals(own)) expect(provesLeaf(other, place, { proof, root })).toBe(false);
        if (elsewhere !== index && !(elsewhere < all.length && Buffer.from(all[elsewhere] ?? []).equals(own))) expect(provesLeaf(own, { ...place, index: elsewhere }, { proof, root })).toBe(false);
        expect(provesLeaf(own, place, { proof, root: merkleRoot([...all, other]) })).toBe(false);
        expect(provesLeaf(own, place, { proof: [...proof, root], root })).toBe(false);
        if (proof.length > 0) expect(provesLeaf(own, place, { proof: proof.slice(1), root })).toBe(false);
      }),
    );
  });
});

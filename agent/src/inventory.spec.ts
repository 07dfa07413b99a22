import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Facts } from '@citrus/contracts';
import { expect, test } from 'vitest';
import { countLines, inventory, mountsIn, upgradableIn } from './inventory.ts';

test('each disk is told once, by where it was mounted first; what is no disk is left out', () => {
  const table = 'proc /proc proc rw 0 0\n/dev/vda1 / ext4 rw 0 0\n/dev/vda1 /home ext4 rw 0 0\n/dev/loop3 /snap/x squashfs ro 0 0\n/dev/vdb /data\\040of\\040mine xfs rw 0 0\ntmpfs /run tmpfs rw 0 0\n';
  expect(mountsIn(table)).toEqual(['/', '/data of mine']);
});

test('lines are counted wherever the file is cut into pieces', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'citrus-inventory-')), 'status');
  const record = 'Package: x\nStatus: install ok installed\nDescription: text\n\n';
  writeFileSync(file, record.repeat(5000) + 'Package: y\nStatus: deinstall ok config-files\n');
  expect(countLines(file, 'Status: install ok installed')).toBe(5000);
  writeFileSync(file, 'P:one\nP:two\n');
  expect(countLines(file, 'P:')).toBe(2);
});

test.each([
  ['\n12 updates can be applied immediately.\n3 of these updates are standard security updates.\n', 12],
  ['1 update can be applied immediately.', 1], ['0 packages can be updated.', 0], ['Expanded Security Maintenance is not enabled.', undefined], [undefined, undefined],
])('updates that the system has counted are read: %j', (text, count) => expect(upgradableIn(text)).toBe(count));

test('what is told of this machine are facts, and nothing of it below a prefix', () => {
  expect(Facts.shape.disks.safeParse(inventory(undefined).disks).success).toBe(true);
  expect(inventory('/prefix')).toEqual({});
});

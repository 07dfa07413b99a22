import { describe, expect, test } from 'vitest';
import { EXIT } from '../failure.ts';
import { reconcile } from './reconcile.ts';
import { stageFor, whatOf } from '../testing/stage.ts';

const SERVER = '33333333-3333-4333-8333-333333333333';
const at = '2026-11-21T09:00:00.000Z';
const ghost = {
  id: `ghost-${SERVER}`, kind: 'ghost', aspect: null, projectId: SERVER, serverId: SERVER, serverName: 'web', cloudId: null, machineRef: '7', machineName: null, expected: null, actual: null,
  text: 'web is active, and its machine 7 is gone from the cloud.', isConfirmed: true, repair: 'mark-failed', firstSeenAt: at,
};
const report = (findings: object[]) => ({ ranAt: at, findings, counts: null, problems: [] });

const stage = (findings: object[]) => {
  const { calls, lines: { out }, ...io } = stageFor(({ path }) => (path.endsWith('/repair') ? { finding: ghost, done: 'web is marked failed.' } : report(findings)));
  return { io, asked: () => calls.map((call) => ({ what: whatOf(call), ...(call.body && { body: call.body }) })), out };
};

describe('reconcile', () => {
  test('says that all is well', async () => {
    const { io, asked, out } = stage([]);
    await reconcile({}, io);
    await reconcile({ last: true, installation: true }, io);
    expect(asked().map(({ what }) => what)).toEqual(['POST /api/reconcile', 'GET /api/reconcile/installation']);
    expect(out).toEqual(['All is as it should be.', 'All is as it should be.']);
  });
  test('tells what was found, and its exit code says so', async () => {
    const { io, out } = stage([ghost]);
    await expect(reconcile({}, io)).rejects.toMatchObject({ exit: EXIT.found, code: 'reconcile.found' });
    expect(out[0]).toContain(`ghost-${SERVER}  yes        2026-11-21 09:00  mark failed  web is active`);
    await expect(reconcile({ json: true }, io)).rejects.toMatchObject({ exit: EXIT.found });
    expect(JSON.parse(out[1] ?? '')).toMatchObject({ findings: [{ id: `ghost-${SERVER}` }] });
  });
  test('has a finding put right, and a machine destroyed only with its reference', async () => {
    const { io, asked, out } = stage([]);
    await reconcile({ repair: ghost.id }, io);
    await reconcile({ repair: 'orphan-7', machine: '7', installation: true }, io);
    expect(asked()).toEqual([{ what: `POST /api/reconcile/ghost-${SERVER}/repair`, body: {} }, { what: 'POST /api/reconcile/installation/orphan-7/repair', body: { machineRef: '7' } }]);
    expect(out[0]).toBe('web is marked failed.');
    await expect(reconcile({ machine: '7' }, io)).rejects.toMatchObject({ code: 'usage.invalid' });
  });
});

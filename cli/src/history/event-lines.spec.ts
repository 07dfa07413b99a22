import { describe, expect, test } from 'vitest';
import type { Terminal } from '../output/terminal.ts';
import { detailOf, eventLine, eventTable } from './event-lines.ts';
import type { FeedEvent } from './replies.ts';

const server = 'bad2265c-a01c-4481-900d-343922251a91';
const event: FeedEvent = {
  id: '01a1fe8c-9fbd-747b-8d4c-83a69f7eaafe', type: 'JobQueued', version: 1, service: 'agent-mgmt', position: 9, stream: 'job-5e547d23-83da-4678-ae2d-03b6b92dfb14', streamVersion: 1,
  at: '2026-11-21T14:40:33.233Z', actor: { kind: 'user', id: '2981e3a6-8de8-54dd-ab3a-9799f06fdfb2' }, projectId: '8f5e472b-4b41-4c74-b946-009b0b944dae',
  causationId: '01a1fe8c-9fbd-747b-8d4c-83a69f7eaafd', correlationId: '9b7b9c28-32fa-4da2-85a3-e41fc4590e45', data: { serverId: server, orderId: '01a1fe8e-ab39-7085-8a6d-e09f0b970470' },
};
const terminal = (columns: number | undefined): Terminal => ({ out: async () => {}, note: () => {}, style: (_, text) => text, columns, isInteractive: false });

describe.each([['a row of a table', (columns?: number) => eventTable([event], terminal(columns)).split('\n')[1]], ['a line', (columns?: number) => eventLine(event, terminal(columns))]])('%s', (_, shown) => {
  test('has short ids in a terminal, but whole those that begin with a time', () => {
    expect(shown(200)?.replaceAll(/ {2,}/g, '  ')).toBe('2026-11-21 14:40:33.233  agent-mgmt:9  JobQueued  job-5e547d23  user 2981e3a6  serverId=bad2265c orderId=01a1fe8e-ab39-7085-8a6d-e09f0b970470');
  });

  test('has whole ids in a pipe', () => {
    expect(shown()).toContain(`job-5e547d23-83da-4678-ae2d-03b6b92dfb14  user 2981e3a6-8de8-54dd-ab3a-9799f06fdfb2  serverId=${server}`);
  });
});

test('the detail begins with how it ended', () => {
  expect(detailOf({ ...event, type: 'JobFinished', data: { installer: 'nginx', attempt: 1, status: 'failed', exitCode: 1, reason: 'why' } })).toBe('status=failed exitCode=1 reason=why installer=nginx attempt=1');
});

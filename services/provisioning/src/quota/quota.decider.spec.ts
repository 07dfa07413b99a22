import type { ProjectId, ServerId } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { describe, expect, test } from 'vitest';
import { admit } from './quota.decider.ts';

const at = '2026-11-21T12:00:00.000Z';
const asked = { projectId: 'p' as ProjectId, serverId: 's' as ServerId, at };
const minutesAgo = (minutes: number) => new Date(Date.parse(at) - minutes * 60_000).toISOString();
const refusal = (act: () => unknown): { code: string; message: string } => {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('it was not refused');
};

describe('a request for a server', () => {
  test('leaves no trace where the project has no limit', () => {
    expect(admit(asked, { servers: null, creationsPerHour: null }, { servers: 1000, since: [minutesAgo(1)] })).toEqual([]);
  });

  test('is let in below both limits', () => {
    const letIn = [{ type: 'ServerAdmitted', data: asked }];
    expect(admit(asked, { servers: 3, creationsPerHour: 2 }, { servers: 2, since: [minutesAgo(5)] })).toEqual(letIn);
    expect(admit(asked, { servers: 3, creationsPerHour: null }, { servers: 2, since: Array.from({ length: 99 }, () => minutesAgo(1)) })).toEqual(letIn);
    expect(admit(asked, { servers: null, creationsPerHour: 1 }, { servers: 99, since: [minutesAgo(60)] })).toEqual(letIn);
  });

  test('is refused with the numbers when there are as many servers as there may be, or more', () => {
    const message = 'This project may have 3 servers and has 4. Delete one, or ask an administrator for more.';
    expect(refusal(() => admit(asked, { servers: 3, creationsPerHour: null }, { servers: 4, since: [] }))).toEqual({ code: 'quota.servers', message });
    expect(refusal(() => admit(asked, { servers: 1, creationsPerHour: null }, { servers: 1, since: [] })).message).toContain('may have 1 server and has 1.');
    expect(refusal(() => admit(asked, { servers: 0, creationsPerHour: null }, { servers: 0, since: [] })).code).toBe('quota.servers');
  });

  test('is refused until enough of the last hour’s are an hour old', () => {
    const { code, message } = refusal(() => admit(asked, { servers: null, creationsPerHour: 2 }, { servers: 5, since: [59, 40, 30].map(minutesAgo) }));
    expect(code).toBe('quota.creations');
    expect(message).toBe('This project may ask for 2 servers an hour and has asked for 3. The next one can be asked for from 12:20 UTC on; wait until then, or ask an administrator for more.');
  });

  test('is refused for ever where nothing may be asked for', () => {
    expect(refusal(() => admit(asked, { servers: null, creationsPerHour: 0 }, { servers: 0, since: [] })).message).toBe('This project may ask for 0 servers an hour and has asked for 0. Ask an administrator for more.');
  });
});

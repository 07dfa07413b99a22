import { defineConfig } from 'vitest/config';
import { seededFaultPlugin } from './kit/event-store/src/hazards/seeded-fault.ts';
import { LongestFirst } from './tools/longest-first.ts';

// `citrus:source` makes every workspace package its own sources: nothing needs a build to be tested.
const resolve = { conditions: ['citrus:source', 'node'] };
const ssr = { resolve: { conditions: ['citrus:source', 'node'] } };
const exclude = ['**/node_modules/**', '**/dist/**', '.citrus/**', '.cache/**'];
/** Only to see tests notice a missing guard: docs/testing.md. */
const plugins = process.env['CITRUS_SEEDED_FAULT'] ? [seededFaultPlugin()] : [];
const project = (name: string, include: string[], options: { timeoutMs: number; isolate?: boolean; globalSetup?: string; setupFiles?: string[] }) => ({
  resolve,
  ssr,
  plugins,
  // Vitest's own second is over on a busy machine before anything has happened.
  test: { name, include, exclude, expect: { poll: { timeout: Math.min(30_000, options.timeoutMs / 2) } }, testTimeout: options.timeoutMs, hookTimeout: options.timeoutMs, isolate: options.isolate ?? true, ...(options.globalSetup && { globalSetup: options.globalSetup }), ...(options.setupFiles && { setupFiles: options.setupFiles }) },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      project('unit', ['**/*.spec.ts', '!**/*.int.spec.ts', '!**/*.e2e.spec.ts', '!**/node_modules/**'], {
        // What is pure leaves nothing behind: a worker loads each module once, and not once for every file.
        timeoutMs: 40_000, isolate: false,
      }),
      project('int', ['**/*.int.spec.ts'], { timeoutMs: 60_000, globalSetup: 'kit/testing/src/postgres.setup.ts' }),
      // What only the broker can forbid, once more on the oldest one; the hostile ones choose their versions themselves.
      project('oldest-broker', ['services/auth/src/nats-credentials/{nats-credentials,claims-pusher,rotate}.int.spec.ts', 'services/auth/src/{enrolment/agent-trust,steward/steward}.int.spec.ts'], {
        timeoutMs: 60_000, globalSetup: 'kit/testing/src/postgres.setup.ts', setupFiles: ['kit/testing/src/oldest-broker.setup.ts'],
      }),
      project('e2e', ['e2e/**/*.e2e.spec.ts'], { timeoutMs: 600_000, setupFiles: ['e2e/what-was-seen.setup.ts'] }),
    ],
  },
});

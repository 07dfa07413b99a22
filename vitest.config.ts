import { defineConfig } from 'vitest/config';

// `citrus:source` makes every workspace package its own sources: nothing needs a build to be tested.
const resolve = { conditions: ['citrus:source', 'node', 'import', 'default'] };
const ssr = { resolve: { conditions: ['citrus:source', 'node', 'import', 'default'] } };
const exclude = ['**/node_modules/**', '**/dist/**', '.citrus/**', '.cache/**'];
const project = (name: string, include: string[], timeoutMs: number) => ({
  resolve,
  ssr,
  test: { name, include, exclude, testTimeout: timeoutMs, hookTimeout: timeoutMs },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('unit', ['**/*.spec.ts', '!**/*.int.spec.ts', '!**/*.e2e.spec.ts'], 20_000),
      project('int', ['**/*.int.spec.ts'], 60_000),
      project('e2e', ['e2e/**/*.e2e.spec.ts'], 600_000),
    ],
  },
});

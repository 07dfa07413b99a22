import { Installer, InstallerPlan, InstallerSource, type Server } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import type { Api } from '../api/api.ts';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../output/terminal.ts';
import { listAll, plan, show } from './installers.ts';
import { fetchSource, listSources } from './sources.ts';

const SERVER = '11111111-1111-4111-8111-111111111111';
const nginx = Installer.parse({ id: 'nginx', name: 'nginx', version: '1.0.0', description: 'Web server', category: 'web', author: 'Citrus', digest: `sha256:${'0'.repeat(64)}`, inputs: [{ id: 'port', type: 'port', label: 'Port', default: 80 }], resource_requirements: { memory_mb: 64 }, os_requirements: { families: ['debian'], versions: { debian: '>=12' } } });
const refused = [{ folder: 'shop', file: 'manifest.yml', line: 3, reason: 'version: a version like 1.2.3' }];
const planned = InstallerPlan.parse({
  installer: 'nginx', version: '1.0.0', action: 'install', serverId: SERVER, installed: null, warnings: ['Old.'], notice: null, inputs: { port: 80 }, problems: [], sources: {}, canRun: false,
  requirements: [{ id: 'disk', state: 'unmet', text: '2 GB of free disk; this server has 300 MB free', remedy: 'Make room.', mayBeIgnored: false }],
  changes: { script: 'install.sh', timeoutSeconds: 900, ports: [{ port: 80, protocol: 'tcp', purpose: 'The site', public: true }], files: [], outputs: [] },
});

const stage = () => {
  const [said, asked]: [string[], unknown[]] = [[], []];
  const terminal = { columns: undefined, style: (_: string, text: string) => text, out: async (text: string) => void said.push(text), note: (text: string) => void said.push(text) } as unknown as Terminal;
  const json = async ({ path, body }: { path: string; body?: unknown }): Promise<unknown> => {
    asked.push([path, body]);
    if (path.endsWith('/plan')) return planned;
    return path.startsWith('/api/installers') ? { items: [nginx], refused } : { items: [{ id: SERVER, name: 'web-1' } as Server], nextCursor: null };
  };
  return { said, asked, parts: { api: { json } as unknown as Api, terminal } };
};

describe('citrus installers', () => {
  test('lists them, and what was refused with file, line and reason', async () => {
    const { said, parts } = stage();
    await listAll({}, parts);
    expect(said.join('\n')).toMatch(/nginx {2}1\.0\.0/);
    expect(said.at(-1)).toBe('refused: shop/manifest.yml:3: version: a version like 1.2.3');
  });
  test('shows one, and says why there is none', async () => {
    const { said, parts } = stage();
    await show('nginx', {}, parts);
    expect(said[0]).toContain('From: the folder that comes with Citrus');
    expect(said[0]).toContain('Needs: debian >=12, a machine of its own, with systemd, 64 MB of memory');
    await expect(show('shop', {}, parts)).rejects.toThrow('refused: shop/manifest.yml:3');
    await expect(show('none', {}, parts)).rejects.toBeInstanceOf(CliFailure);
  });
  test('plans: everything is told before it says that it cannot be', async () => {
    const { said, asked, parts } = stage();
    await expect(plan('nginx', { server: 'web-1', action: 'install', input: ['port=80'] }, parts)).rejects.toMatchObject({ code: 'plan.unmet' });
    expect(said[0]).toBe('Warning: Old.\nNOT MET: 2 GB of free disk; this server has 300 MB free. Make room.\nport = 80\nRuns install.sh, at most 900 s.\nOpens 80/tcp: The site');
    expect(asked.at(-1)).toEqual([`/api/servers/${SERVER}/plan`, { installer: 'nginx', action: 'install', inputs: { port: '80' } }]);
  });
});

describe('citrus installers sources', () => {
  const team = InstallerSource.parse({
    name: 'team', url: 'https://git.example.com/a', ref: 'main', folder: '.', everySeconds: 300, pinned: null, isSigned: false, state: 'failing', commit: 'a'.repeat(40), since: '2026-11-26T10:00:00.000Z',
    folders: ['shop'], triedAt: '2026-11-26T11:00:00.000Z', reason: 'commit bbbbbbbbbbbb is not used: shop/manifest.yml:3: \u001b[2Jbad', nextAt: null,
  });
  const answering = (items: readonly InstallerSource[]) => {
    const { said, parts } = stage();
    return { said, parts: { ...parts, api: { json: async ({ method }: { method?: string }) => (method === 'POST' ? items[0] : { items }) } as unknown as Api } };
  };

  test('say what is in use and why not what is newer, without letting a repository write to the terminal', async () => {
    const { said, parts } = answering([team]);
    await listSources({}, parts);
    expect(said[0]).toMatch(/team +failing +aaaaaaaaaaaa +2026-11-26T10:00:00\.000Z +1 +main +https/);
    expect(said[1]).toMatch(/^team: commit bbbbbbbbbbbb is not used: .*bad; aaaaaaaaaaaa stays in use$/);
    expect(said[1]).not.toContain('\u001b');
  });
  test('fetched now end with a failure when nothing new is used', async () => {
    await expect(fetchSource('team', {}, answering([team]).parts)).rejects.toMatchObject({ code: 'installer_source.failing' });
    const { said, parts } = answering([{ ...team, state: 'ready', reason: null }]);
    await fetchSource('team', {}, parts);
    expect(said).toHaveLength(1);
  });
  test('are none where nobody named one', async () => {
    const { said, parts } = answering([]);
    await listSources({}, parts);
    expect(said[0]).toMatch(/^No sources: .*installers-from-git/);
  });
});

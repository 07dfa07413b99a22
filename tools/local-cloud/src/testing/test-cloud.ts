import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type Findings } from '../conformance/recorder.ts';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../local-cloud.ts';

/** A local cloud in a folder of its own, gone with the test; and one function to talk to it. */
export const token = 'a-token-for-tests';
/** Everything that the answers in the tests hold, each of them a part of it. */
export type Droplet = { id: number; name: string; status: string; memory: number; tags: string[]; networks: { v4: { ip_address: string; type: string }[] }; image: { id: number; name: string }; next_backup_window: object | null; snapshot_ids: number[] };
type Action = { id: number; status: string; type: string };
export type Body = {
  id: string;
  message: string;
  request_id: string;
  droplet: Droplet;
  droplets: Droplet[];
  action: Action;
  actions: Action[];
  links: { actions: [{ id: number; href: string }]; pages: { next: string } };
  meta: { total: number };
  snapshots: { id: number | string; name: string; type: string }[];
  account: { droplet_limit: number };
  images: { id: number; name: string }[];
};
export type Answer = { status: number; headers: Headers; body: Body };


export const quick = { activeAfterMs: 50, actionTakesMs: 50, deleteTakesMs: 50 };

/** A test that waits for something asks often. */
const enough = { requestsPerMinute: 100_000 };

const madeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'local-cloud-'));
const removeFolder = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true });

export const newFolder = async (): Promise<string> => {
  const dir = await madeFolder();
  onTestFinished(() => removeFolder(dir));
  return dir;
};

/** Without machines, unless the test says which. */
export const testCloud = async (options: Partial<LocalCloudOptions> = {}): Promise<{ cloud: LocalCloud; api: Api; dir: string }> => {
  const opened = await openCloud({ ...options, dir: options.dir ?? (await newFolder()) });
  onTestFinished(opened.close);
  return opened;
};

/** For several tests; whoever opens it closes it. */
export const openCloud = async (options: Partial<LocalCloudOptions> = {}): Promise<{ cloud: LocalCloud; api: Api; dir: string; close: () => Promise<void> }> => {
  const dir = options.dir ?? (await madeFolder());
  const cloud = await startLocalCloud({ driver: 'none', recordConformance: true, token, timing: quick, ...options, ...(options.preset === undefined ? { limits: { ...enough, ...options.limits } } : {}), dir });
  const close = async () => {
    // processes and machines must not outlive the test; there are none without a driver for them
    if (cloud.driver.info.driver !== 'none') for (const id of await dropletIds(apiOf(cloud.url))) await apiOf(cloud.url)('DELETE', `/v2/droplets/${id}`);
    const { violations } = (await findings(cloud.url)) ?? { violations: [] };
    await cloud.stop();
    // requests are wrong on purpose here; answers never are
    expect(violations.filter(({ side }) => side === 'answer')).toEqual([]);
    if (options.dir === undefined) await removeFolder(dir);
  };
  return { cloud, api: apiOf(cloud.url), dir, close };
};

export type Api = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
export const apiOf = (url: string): Api => async (method, path, body, headers = {}) => {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as Body };
};

/** Undefined when the test has stopped the cloud already. */
export const findings = (url: string): Promise<Findings | undefined> =>
  fetch(`${url}/local/conformance`).then(async (response) => (await response.json()) as Findings, () => undefined);

const dropletIds = async (api: Api): Promise<number[]> => {
  try {
    const { body } = await api('GET', '/v2/droplets?per_page=200');
    return body.droplets.map((droplet) => droplet.id);
  } catch {
    return []; // stopped by the test already
  }
};

export const small = { size: 's-1vcpu-1gb', image: 'debian-12-x64', region: 'nyc3' };

import { Digest, InstalledBundleId, InstallerId, ProjectId, ServerId, BundleId, type BundleStep, type IfPresent } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bundleDecider, currentStep, isOpen, type BundleCommand, type BundleState, type KnownBundle, type StepEnd } from './bundle.decider.ts';
import type { BundleEvent, RequestedBundle } from './bundle.events.ts';

const at = '2026-11-25T10:00:00.000Z';
const id = (last: number) => `0198c2a0-0000-7000-8000-${String(last).padStart(12, '0')}`;
const step = (app: string, more: Partial<BundleStep> = {}): BundleStep => ({
  app, role: 'server', serverId: ServerId.parse(id(2)), installer: InstallerId.parse(`of-${app}`), installerVersion: '1.0.0', installerDigest: Digest.parse(`sha256:${'a'.repeat(64)}`), inputs: {}, ifPresent: 'refuse', ...more,
});
const asked = (steps: readonly BundleStep[], more: Partial<RequestedBundle> = {}): RequestedBundle => ({
  installedBundleId: InstalledBundleId.parse(id(1)), projectId: ProjectId.parse(id(3)), bundle: BundleId.parse('shop'), bundleVersion: '1.0.0', bundleDigest: Digest.parse(`sha256:${'b'.repeat(64)}`),
  inputs: { with_b: true }, sealedInputs: '', servers: { server: ServerId.parse(id(2)) }, steps: [...steps], at, ...more,
});
const good: StepEnd = { outcome: 'done', outputs: { URL: 'http://a' }, reason: '' };
const bad: StepEnd = { outcome: 'failed', outputs: {}, reason: 'exit code 3' };

/** A bundle that remembers everything it said, as the log does. */
class Life {
  readonly events: BundleEvent[] = [];
  get state(): KnownBundle {
    return fold(bundleDecider, this.events) as KnownBundle;
  }
  say(command: BundleCommand): BundleEvent[] {
    const state: BundleState = fold(bundleDecider, this.events);
    const news = bundleDecider.decide(command, state);
    this.events.push(...news);
    const after = fold(bundleDecider, this.events);
    if (command.type !== 'RetryBundle' && command.type !== 'UninstallBundle' && command.type !== 'CancelBundle') expect(bundleDecider.decide(command, after), 'told twice').toEqual([]);
    return news;
  }
  /** As `begin`, where nothing can be asked for yet. */
  isHeldUp(code: string, when: string): BundleEvent[] {
    const { attempt, phase } = this.state;
    const app = currentStep(this.state)?.step.app ?? '';
    return this.say({ type: 'BeginStep', data: { attempt, phase, app, workId: id(50), present: undefined, refused: { code, reason: 'no agent' }, at: when } });
  }
  begin(present?: Record<string, string>): BundleEvent[] {
    const { attempt, phase } = this.state;
    const app = currentStep(this.state)?.step.app ?? '';
    return this.say({ type: 'BeginStep', data: { attempt, phase, app, workId: id(50), present, at } });
  }
  end(end: StepEnd): BundleEvent[] {
    const { attempt, phase } = this.state;
    return this.say({ type: 'EndStep', data: { attempt, phase, app: currentStep(this.state)?.step.app ?? '', end, at } });
  }
  apps() {
    return Object.fromEntries(Object.entries(this.state.steps).map(([app, { status }]) => [app, status]));
  }
}
const life = (...steps: BundleStep[]): Life => {
  const lived = new Life();
  lived.say({ type: 'RequestBundle', data: asked(steps) });
  return lived;
};

describe('a bundle', () => {
  test('installs its apps one after the other and remembers what they hand on', () => {
    const shop = life(step('a'), step('b', { when: 'outputs.a.URL == "http://a" and inputs.with_b' }), step('c', { when: 'not inputs.with_b' }));
    shop.begin();
    expect(shop.begin(), 'one at a time').toEqual([]);
    shop.end(good);
    shop.begin();
    shop.end(good);
    expect(shop.state.status).toBe('installing');
    shop.begin();
    expect([shop.state.status, shop.apps()]).toEqual(['installed', { a: 'installed', b: 'installed', c: 'left-out' }]);
  });

  test.each<[IfPresent, string, string]>([['skip', 'skipped', 'installed'], ['upgrade', 'running', 'installing'], ['refuse', 'failed', 'failed']])('with an app that is there already: %s', (ifPresent, app, status) => {
    const shop = life(step('a', { ifPresent }));
    shop.begin({ URL: 'http://before' });
    expect([shop.apps()['a'], shop.state.status]).toEqual([app, status]);
    if (ifPresent === 'skip') expect(shop.state.steps['a']?.outputs).toEqual({ URL: 'http://before' });
    if (ifPresent === 'upgrade') expect(shop.state.steps['a']).toMatchObject({ how: 'upgrade', isOurs: false });
  });

  test('goes on from what failed, and does not take its own app for somebody else’s', () => {
    const shop = life(step('a'), step('b'));
    shop.begin();
    shop.end(good);
    shop.begin();
    shop.end(bad);
    expect(shop.events.at(-1)).toMatchObject({ type: 'BundleFinished', data: { status: 'failed', reason: expect.stringContaining('exit code 3') } });
    shop.say({ type: 'RetryBundle', data: { at } });
    expect(shop.say({ type: 'RetryBundle', data: { at } }), 'a double click').toEqual([]);
    expect(shop.begin({}), 'half of it is there').toMatchObject([{ type: 'BundleStepBegun', data: { app: 'b', how: 'install', attempt: 2 } }]);
    shop.end(good);
    expect(shop.state.status).toBe('installed');
  });

  test('is removed in reverse order; what was there before stays', () => {
    const shop = life(step('a', { ifPresent: 'skip' }), step('b'), step('c'), step('d'));
    shop.begin({});
    for (const end of [good, good, bad]) {
      shop.begin();
      shop.end(end);
    }
    shop.say({ type: 'UninstallBundle', data: { withoutBackup: false, at } });
    expect(shop.begin(), 'it failed and left nothing').toMatchObject([{ data: { app: 'd', outcome: 'done' } }]);
    expect(shop.begin({})).toMatchObject([{ data: { app: 'c', how: 'uninstall' } }]);
    shop.end(good);
    shop.begin({});
    shop.end(good);
    expect([shop.state.status, shop.apps()]).toEqual(['removed', { a: 'kept', b: 'removed', c: 'removed', d: 'removed' }]);
    expect(() => shop.say({ type: 'UninstallBundle', data: { withoutBackup: false, at } })).toThrow('already');
    expect(() => shop.say({ type: 'RetryBundle', data: { at } })).toThrow('removed');
  });

  test('is cancelled at once between two apps, and after the one that runs', () => {
    const between = life(step('a'), step('b'));
    between.say({ type: 'CancelBundle', data: { at } });
    expect([between.state.status, between.begin()]).toEqual(['cancelled', []]);
    const during = life(step('a'), step('b'));
    during.begin();
    during.say({ type: 'CancelBundle', data: { at } });
    expect(during.state.status).toBe('cancelling');
    during.end(good);
    expect([during.state.status, during.apps()]).toEqual(['cancelled', { a: 'installed', b: 'waiting' }]);
    const last = life(step('a'));
    last.begin();
    last.say({ type: 'CancelBundle', data: { at } });
    last.end(good);
    expect(last.state.status, 'there was nothing left to cancel').toBe('installed');
    expect(() => last.say({ type: 'CancelBundle', data: { at } })).toThrow('nothing to cancel');
  });

  const hours = (count: number) => new Date(Date.parse(at) + count * 3_600_000).toISOString();
  test('waits for a server that is not ready, told once, and goes on when it is', () => {
    const shop = life(step('a'));
    expect(shop.isHeldUp('server.not_ready', at)).toMatchObject([{ type: 'BundleStepHeld', data: { app: 'a', until: hours(24) } }]);
    expect(shop.isHeldUp('server.not_ready', hours(1))).toEqual([]);
    expect(shop.state.steps['a']).toMatchObject({ status: 'waiting', reason: expect.stringContaining('its agent has not reported in yet'), held: { since: at } });
    shop.begin();
    expect(shop.state.steps['a']).toMatchObject({ status: 'running', reason: '', held: null });
    shop.end(good);
    expect(shop.state.status).toBe('installed');
  });
  test('has failed when it waited long enough, and waits anew when it is tried again', () => {
    const shop = life(step('a'));
    shop.isHeldUp('server.not_ready', at);
    expect(shop.isHeldUp('server.not_ready', hours(24))).toMatchObject([{ type: 'BundleStepEnded', data: { outcome: 'failed', reason: expect.stringContaining('24 hours') } }, { type: 'BundleFinished', data: { status: 'failed' } }]);
    shop.say({ type: 'RetryBundle', data: { at: hours(30) } });
    expect(shop.isHeldUp('server.not_ready', hours(30))).toMatchObject([{ type: 'BundleStepHeld', data: { until: hours(54) } }]);
  });
  test('is cancelled at once while it waits, and no wait is told any more', () => {
    const shop = life(step('a'));
    shop.isHeldUp('installer.unknown', at);
    expect(shop.say({ type: 'CancelBundle', data: { at } }).map(({ type }) => type)).toEqual(['BundleCancelRequested', 'BundleFinished']);
    expect([shop.state.status, shop.state.steps['a']]).toMatchObject(['cancelled', { status: 'waiting', reason: '', held: null }]);
    expect(shop.isHeldUp('installer.unknown', hours(2))).toEqual([]);
  });
  test('does not wait for what it leaves out', () => {
    const shop = life(step('a', { when: 'not inputs.with_b' }));
    expect(shop.isHeldUp('server.not_ready', at)).toMatchObject([{ type: 'BundleStepEnded', data: { outcome: 'left-out' } }, { type: 'BundleFinished', data: { status: 'installed' } }]);
  });

  test('is asked for once', () => {
    const shop = life(step('a'));
    expect(shop.say({ type: 'RequestBundle', data: asked([step('a')], { sealedInputs: 'sealed anew', bundleVersion: '2.0.0' }) })).toEqual([]);
    expect(() => shop.say({ type: 'RequestBundle', data: asked([step('a')], { inputs: {} }) })).toThrow(expect.objectContaining({ code: 'idempotency.reused' }));
    expect(() => shop.say({ type: 'UninstallBundle', data: { withoutBackup: false, at } })).toThrow('Cancel it');
  });
});

type Move = { readonly kind: 'held' | 'begin' | 'end' | 'cancel' | 'retry' | 'uninstall' | 'late'; readonly present: boolean; readonly outcome: StepEnd['outcome']; readonly pick: number };
const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.constantFrom('held', 'begin', 'begin', 'begin', 'end', 'end', 'end', 'cancel', 'retry', 'uninstall', 'late'), present: fc.boolean(), outcome: fc.constantFrom('done', 'done', 'done', 'failed', 'cancelled'), pick: fc.nat(1000),
});
const shape = fc.array(fc.record({ ifPresent: fc.constantFrom<IfPresent>('skip', 'upgrade', 'refuse'), isLeftOut: fc.boolean() }), { minLength: 1, maxLength: 6 });

test('whatever happens in whatever order, each app runs at most once an attempt, in its order, and the ending says what is', () => {
  fc.assert(fc.property(shape, fc.array(move, { maxLength: 60 }), (apps, moves) => {
    const steps = apps.map(({ ifPresent, isLeftOut }, index) => step(`app${index}`, { ifPresent, ...(isLeftOut && { when: 'not inputs.with_b' }) }));
    const shop = life(...steps);
    const said: BundleCommand[] = [];
    for (const { kind, present, outcome, pick } of moves) {
      const { attempt, phase } = shop.state;
      const app = currentStep(shop.state)?.step.app ?? steps[pick % steps.length]!.app;
      const turn = { attempt, phase, app, at };
      const command: BundleCommand | undefined = {
        begin: { type: 'BeginStep', data: { ...turn, workId: id(pick), present: present ? {} : undefined } } as const,
        held: { type: 'BeginStep', data: { ...turn, workId: id(pick), present: present ? {} : undefined, refused: { code: outcome === 'failed' ? 'server.deleted' : 'server.not_ready', reason: 'x' } } } as const,
        end: { type: 'EndStep', data: { ...turn, end: { outcome, outputs: {}, reason: 'x' } } } as const,
        cancel: { type: 'CancelBundle', data: { at } } as const, retry: { type: 'RetryBundle', data: { at } } as const, uninstall: { type: 'UninstallBundle', data: { withoutBackup: false, at } } as const,
        // What a replica that was asleep still believes.
        late: said[pick % Math.max(1, said.length)],
      }[kind];
      if (!command) continue;
      said.push(command);
      try {
        // Killed before the append: nothing was said. Killed after it: it is said again.
        shop.say(command);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^bundle\./) });
      }
    }
    const begun = shop.events.flatMap((event) => (event.type === 'BundleStepBegun' ? [event.data] : []));
    expect(new Set(begun.map(({ attempt, app }) => `${attempt}/${app}`)).size).toBe(begun.length);
    for (const attempt of new Set(begun.map((each) => each.attempt))) {
      const places = begun.filter((each) => each.attempt === attempt).map(({ app, phase }) => steps.findIndex((each) => each.app === app) * (phase === 'install' ? 1 : -1));
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
    let open: string | undefined;
    for (const { type, data } of shop.events) {
      if (type === 'BundleStepBegun') expect(open, 'one at a time').toBeUndefined();
      if (type === 'BundleStepBegun') open = data.app;
      if (type === 'BundleStepEnded') open = undefined;
      if (type === 'BundleFinished') expect(open, 'nothing runs any more').toBeUndefined();
    }
    const { status } = shop.state;
    const statuses = Object.values(shop.apps());
    if (status === 'installed') expect(statuses.every((each) => ['installed', 'skipped', 'left-out'].includes(each))).toBe(true);
    if (status === 'removed') expect(statuses.every((each) => ['removed', 'kept', 'left-out'].includes(each))).toBe(true);
    if (status === 'failed') expect(statuses).toContain('failed');
    if (status === 'cancelled') expect(statuses.some((each) => each === 'waiting' || each === 'cancelled')).toBe(true);
    expect(isOpen(shop.state)).toBe(shop.events.at(-1)?.type !== 'BundleFinished');
  }), { numRuns: 3000 });
});

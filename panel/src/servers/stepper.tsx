import type { Fact, LiveServer } from '../api/types.ts';
import { strings } from '../strings.ts';
import { Elapsed } from '../ui/ago.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { lifeSteps, type LifeStep } from './lifecycle.ts';

const t = strings.server;

const Mark = ({ state }: Pick<LifeStep, 'state'>) => {
  if (state === 'current') return <Slice turning />;
  return state === 'waiting' ? <span class="step-hollow" /> : <Icon name={state === 'done' ? 'check' : 'cross'} />;
};

const Hint = ({ phase, state, since, until, asOf }: Pick<LifeStep, 'phase' | 'state'> & { since: string | undefined; until: string | undefined; asOf: string | undefined }) => {
  if (state === 'failed') return <>{t.stoppedHere}</>;
  const isTimed = since !== undefined && phase !== 'active' && (until !== undefined || state === 'current');
  return isTimed ? <Elapsed from={since} to={until ?? asOf ?? null} /> : <>{t.phaseHint[phase]}</>;
};

/** A server's way to being active; each step says its state in words too. `asOf`: where time stands still. */
export const Stepper = ({ server, facts, asOf }: { server: LiveServer; facts: readonly Fact[]; asOf?: string }) => (
  <ol class="stepper" aria-label={t.lifecycle}>
    {lifeSteps(server, facts).map(({ phase, state, since, until }) => (
      <li key={phase} class={`step ${state}`} aria-current={state === 'current' ? 'step' : undefined}>
        <span class="step-mark" aria-hidden="true"><Mark state={state} /></span>
        <span class="step-name">{t.phase[phase]}<span class="unseen"> {t.stepState[state]}</span></span>
        <span class="fine"><Hint phase={phase} state={state} since={since} until={until} asOf={asOf} /></span>
      </li>
    ))}
  </ol>
);

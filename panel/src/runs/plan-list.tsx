/** What a run would do: each server by its wave, and why one could not begin, or would wait first. */
import { Icon } from '../ui/icon.tsx';
import { strings } from '../strings.ts';
import { Panel } from '../ui/page.tsx';
import type { RunPlan } from './use-run-plan.ts';
import { words } from './words.ts';

const t = strings.runs;

export const PlanList = ({ plan }: { plan: RunPlan }) => {
  const refused = plan.servers.filter((server) => server.refused !== null && !server.passes).length;
  const waiting = plan.servers.filter(({ passes }) => passes).length;
  return (
    <Panel title={t.plan} aside={<span class="count">{plan.servers.length}</span>}>
      <div class="panel-text" role="status">
        <p>{words.matching(plan.servers.length)} {refused > 0 && <span class="warn-text">{words.cannot(refused)}</span>} {waiting > 0 && words.waits(waiting)}</p>
        <p class="fine">{t.planMeans(words.inWaves(plan.waves.map((end, index) => end - (plan.waves[index - 1] ?? 0))), plan.maxFailures)}</p>
      </div>
      {plan.waves.map((end, index) => {
        const servers = plan.servers.slice(plan.waves[index - 1] ?? 0, end);
        return (
          <section key={end} class="wave" aria-label={words.wave(index + 1)}>
            <h3>{words.wave(index + 1)} <span class="fine">{words.waveOf(servers.length)}</span></h3>
            <ul class="rows wave-rows">{servers.map(({ id, name, refused: why, passes }) => <li key={id} class="row"><div class="row-text"><p>{name}</p>{why && <p class="fine">{!passes && <Icon name="warning" />} {why}</p>}</div></li>)}</ul>
          </section>
        );
      })}
    </Panel>
  );
};

/** Which plan: searched, by kind, each with what it costs where the server will stand. */
import { useSignal } from '@preact/signals';
import type { CloudCatalog } from '@citrus/contracts';
import { Icon } from '../ui/icon.tsx';
import { createWords as t } from './create-words.ts';
import { money, plansIn, priceOf, type Plan } from './plans.ts';

const Choice = ({ plan, isPicked, onPick }: { plan: Plan; isPicked: boolean; onPick: () => void }) => (
  <label class="plan">
    <input type="radio" name="size" value={plan.slug} checked={isPicked} onChange={onPick} />
    <span class="plan-text">{plan.text} <span class="fine mono">{plan.slug}</span></span>
    {plan.price && <span class="plan-price">{t.monthly(money(plan.price.monthly, plan.price.currency))}<span class="fine">{t.hourly(money(plan.price.hourly, plan.price.currency))}</span></span>}
  </label>
);

const SEARCHED_FROM = 8;

type Props = { readonly catalog: CloudCatalog | undefined; readonly region: string; readonly picked: string; readonly problem: string | undefined; readonly label: string; readonly onPick: (slug: string) => void };

export const PlanPicker = ({ catalog, region, picked, problem, label, onPick }: Props) => {
  const wanted = useSignal('');
  const groups = plansIn(catalog, { region, wanted: wanted.value, picked });
  const price = priceOf(groups, picked);
  return (
    <fieldset class={problem ? 'plans field wrong' : 'plans field'} id="size" tabIndex={-1} aria-describedby={problem ? 'size-problem' : undefined}>
      <legend>{label}</legend>
      {(catalog?.sizes.length ?? 0) > SEARCHED_FROM && <input type="search" class="plan-search" aria-label={t.findPlan} placeholder={t.findPlanExample} value={wanted.value} onInput={(event) => { wanted.value = event.currentTarget.value; }} onKeyDown={(event) => { if (event.key === 'Enter') event.preventDefault(); }} />}
      <div class="plan-list">
        {groups.map(({ group, plans }) => (
          <div key={group} role="group" aria-label={group || label}>
            {group !== '' && <p class="plan-group">{group}</p>}
            {plans.map((plan) => <Choice key={plan.slug} plan={plan} isPicked={plan.slug === picked} onPick={() => onPick(plan.slug)} />)}
          </div>
        ))}
      </div>
      {problem && <p class="field-problem" id="size-problem"><Icon name="warning" />{problem}</p>}
      {price && <p class="plan-total" role="status">{t.total} <strong>{t.monthly(money(price.monthly, price.currency))}</strong> <span class="fine">{t.hourly(money(price.hourly, price.currency))} · {t.untaxed}</span></p>}
    </fieldset>
  );
};

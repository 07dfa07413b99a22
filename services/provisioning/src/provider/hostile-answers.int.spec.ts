import { DigitalOcean } from './digitalocean.adapter.ts';
import { Hetzner } from './hetzner.adapter.ts';
import { hostileAnswersContract } from './hostile-answers.contract.ts';
import { machine } from './provider.contract.ts';

hostileAnswersContract('DigitalOcean', {
  open: (options) => new DigitalOcean(options), machine,
  problem: (message) => ({ status: 422, body: { id: 'unprocessable_entity', message } }),
  page: (next, foreign) => ({ actions: [], links: next > 0 ? { pages: { next: `${foreign}/v2/droplets/7/actions?page=${next}` } } : {} }),
});

hostileAnswersContract('Hetzner', {
  open: (options) => new Hetzner(options), machine: { ...machine, region: 'fsn1', size: 'cx22', image: 'ubuntu-24.04' },
  problem: (message) => ({ status: 422, body: { error: { code: 'invalid_input', message } } }),
  page: (next, foreign) => ({ actions: [], links: { next: `${foreign}/v1/servers/7/actions?page=${next}` }, meta: { pagination: { next_page: next > 0 ? next : null } } }),
});

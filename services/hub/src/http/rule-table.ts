/** The rules of all routes as people read them: docs/authorisation.md has this table, and a test that it is the present one. */
import type { RouteDefinition, Rule } from './route.ts';

const CALLERS = ['nobody', 'analyst', 'viewer', 'operator', 'admin', 'owner', 'administrator', 'API token'] as const;
type Column = (typeof CALLERS)[number];
const ROLES = ['analyst', 'viewer', 'operator', 'admin', 'owner'];

/** An API token counts as much as the role it was given; the column says whether one will do at all. */
const isLetIn = (rule: Rule, caller: Column): boolean => {
  switch (rule.by) {
    case 'anyone':
      return true;
    case 'person':
      return caller !== 'nobody' && (caller !== 'API token' || rule.with === 'any');
    case 'administrator':
      return caller === 'administrator';
    case 'member':
      return caller === 'API token' ? rule.with !== 'session' : ROLES.indexOf(caller) >= ROLES.indexOf(rule.role);
  }
};

const wordsOf = (rule: Rule): string => {
  switch (rule.by) {
    case 'anyone':
      return `anyone: ${rule.because}`;
    case 'person':
      return `${rule.with === 'session' ? 'signed in, in person' : 'signed in'}${rule.evenWithoutFactor ? ', also before the second factor' : ''}`;
    case 'administrator':
      return 'administrator, in person';
    case 'member':
      return `${rule.role} ${rule.scope === 'project' ? 'of the project' : 'of some project; answers with own projects only'}${rule.with ? ', in person' : ''}`;
  }
};

const rowOf = ({ method, path, rule }: RouteDefinition): string => `| \`${method} ${path}\` | ${wordsOf(rule)} | ${CALLERS.map((caller) => (isLetIn(rule, caller) ? '✓' : '·')).join(' | ')} |`;

export const ruleTable = (routes: readonly RouteDefinition[]): string => {
  const sorted = routes.toSorted((one, other) => one.path.localeCompare(other.path, 'en') || one.method.localeCompare(other.method, 'en'));
  return [`| route | rule | ${CALLERS.join(' | ')} |`, `|---|---|${CALLERS.map(() => ':-:').join('|')}|`, ...sorted.map(rowOf)].join('\n');
};

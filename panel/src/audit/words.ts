/** What the room of the audit says; fetched with it. */
export const words = {
  title: 'Audit', none: 'Nothing was noted yet', noneHint: 'Who did what, and what was refused, stands here as soon as somebody does something in this project.', noMatch: 'Nothing of that kind', older: 'Load older', findAction: 'Find actions', actor: 'Who', anybody: 'Anybody', outcome: 'Outcome', action: 'Action', from: 'From this day', to: 'To this day', until: '–', clear: 'Clear',
  scope: 'Of what', scopes: { project: 'This project', installation: 'Whole installation' }, outcomes: { allowed: 'Allowed', refused: 'Refused', failed: 'Failed' },
  kinds: { service: 'service', agent: 'agent' }, unknown: 'Somebody unknown', somebody: (id: string) => `user ${id}`, times: (count: number) => `${count.toLocaleString('en')} times`,
  at: 'At', lastAt: 'Last', service: 'Service', code: 'Code', correlation: 'Request', entry: 'Entry',
} as const;

/** What the create form offers. The hub knows the truth; these are the plans that people mostly take. */
export type Choice = { readonly value: string; readonly text: string };

export const REGIONS: readonly Choice[] = [
  { value: 'sfo3', text: 'San Francisco 3 (sfo3)' },
  { value: 'nyc3', text: 'New York 3 (nyc3)' },
  { value: 'tor1', text: 'Toronto 1 (tor1)' },
  { value: 'lon1', text: 'London 1 (lon1)' },
  { value: 'ams3', text: 'Amsterdam 3 (ams3)' },
  { value: 'fra1', text: 'Frankfurt 1 (fra1)' },
  { value: 'blr1', text: 'Bangalore 1 (blr1)' },
  { value: 'sgp1', text: 'Singapore 1 (sgp1)' },
  { value: 'syd1', text: 'Sydney 1 (syd1)' },
];

export const SIZES: readonly Choice[] = [
  { value: 's-1vcpu-512mb-10gb', text: '1 vCPU · 512 MB · 10 GB' },
  { value: 's-1vcpu-1gb', text: '1 vCPU · 1 GB · 25 GB' },
  { value: 's-1vcpu-2gb', text: '1 vCPU · 2 GB · 50 GB' },
  { value: 's-2vcpu-2gb', text: '2 vCPU · 2 GB · 60 GB' },
  { value: 's-2vcpu-4gb', text: '2 vCPU · 4 GB · 80 GB' },
  { value: 's-4vcpu-8gb', text: '4 vCPU · 8 GB · 160 GB' },
];

export const IMAGES: readonly Choice[] = [
  { value: 'ubuntu-22-04-x64', text: 'Ubuntu 22.04' },
  { value: 'ubuntu-24-04-x64', text: 'Ubuntu 24.04' },
  { value: 'debian-12-x64', text: 'Debian 12' },
];

export const textOf = (choices: readonly Choice[], value: string): string => choices.find((choice) => choice.value === value)?.text ?? value;

/** The memory in a size's name, as in `s-1vcpu-512mb-10gb`; undefined for a plan that is named otherwise. */
export const memoryOfSize = (size: string): number | undefined => {
  const [, amount, unit] = /-(\d+)(mb|gb)(?:-|$)/.exec(size) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unit === 'gb' ? 1024 : 1) * 1_048_576;
};

const FRUITS = ['bergamot', 'calamansi', 'citron', 'clementine', 'grapefruit', 'kumquat', 'lemon', 'limetta', 'mandarin', 'orange', 'pomelo', 'satsuma', 'tangelo', 'tangerine', 'ugli', 'yuzu'] as const;

/** A name that is not taken; `chance` is 0 to 1. */
export const suggestName = (taken: readonly string[], chance: number): string => {
  const start = Math.floor(chance * FRUITS.length);
  const ordered = [...FRUITS.slice(start), ...FRUITS.slice(0, start)];
  for (let round = 1; ; round += 1) {
    const free = ordered.map((fruit) => (round === 1 ? fruit : `${fruit}-${round}`)).find((name) => !taken.includes(name));
    if (free) return free;
  }
};

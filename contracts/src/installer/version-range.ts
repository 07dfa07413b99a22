/**
 * Which versions will do: comparisons side by side that must all hold, `>=12`, `>=22.04 <26`, `1.4`. Versions are numbers
 * with dots, as systems and installers have them; what follows a dash (`1.2.3-rc1`) does not count. No zod and no Node:
 * the panel reads it too.
 */
const COMPARISON = /^(>=|<=|>|<|=)?(\d{1,6}(?:\.\d{1,6}){0,3})$/;

export const isVersionRange = (text: string): boolean => text.length <= 100 && text.trim() !== '' && text.trim().split(/\s+/).every((part) => COMPARISON.test(part));

const numbersOf = (version: string): number[] => (version.split(/[-+~]/, 1)[0] ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0);

/** Below zero when `left` is older. A part that is not written counts as 0. */
export const compareVersions = (left: string, right: string): number => {
  const [a, b] = [numbersOf(left), numbersOf(right)];
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** `12` alone means every 12: 12, 12.1, 12.10.3. */
const isOf = (version: string, wanted: string): boolean => {
  const [has, wants] = [numbersOf(version), numbersOf(wanted)];
  return wants.every((number, at) => (has[at] ?? 0) === number);
};

const holds = (version: string, comparison: string): boolean => {
  const [, operator = '=', wanted = ''] = COMPARISON.exec(comparison) ?? [];
  const difference = compareVersions(version, wanted);
  switch (operator) {
    case '>=': return difference >= 0;
    case '<=': return difference <= 0 || isOf(version, wanted);
    case '>': return difference > 0 && !isOf(version, wanted);
    case '<': return difference < 0;
    default: return isOf(version, wanted);
  }
};

export const versionFits = (version: string, range: string): boolean => isVersionRange(range) && range.trim().split(/\s+/).every((comparison) => holds(version, comparison));

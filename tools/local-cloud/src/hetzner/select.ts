/** Which servers a list asks for: by exact name, and by labels. */
import type { Cloud } from '../cloud/cloud.ts';
import type { Droplet } from '../cloud/state.ts';
import { invalid } from './problem.ts';
import { labelsOf, type Labels } from './words.ts';

type Query = Record<string, string | undefined>;

const TERM = /^([^=!,()\s]+)(?:==?([^=!,()\s]*))?$/;

/** The part of label selectors that asks for a key, or for a key with a value. */
const matcherOf = (selector: string): ((labels: Labels) => boolean) => {
  const terms = selector.split(',').map((term) => TERM.exec(term.trim()));
  return (labels) => terms.every((term) => {
    if (!term) throw invalid('label_selector', 'is not a selector that the local cloud understands');
    const [, key = '', value] = term;
    return Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
  });
};

/** What the lags hide is not in it. */
export const select = (cloud: Cloud, query: Query): Droplet[] => {
  const now = Date.now();
  const { name, label_selector: selector } = query;
  const matches = selector === undefined ? () => true : matcherOf(selector);
  return cloud.state.droplets.filter((droplet) => droplet.listedFrom <= now && (name === undefined || droplet.name === name) && matches(droplet.tagsFrom <= now ? labelsOf(droplet.tags) : {}));
};

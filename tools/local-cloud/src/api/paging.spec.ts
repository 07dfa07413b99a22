import { describe, expect, test } from 'vitest';
import { paged } from './paging.ts';

const numbers = Array.from({ length: 45 }, (_, index) => index);
const address = 'https://api.digitalocean.com/v2/droplets';

describe('a page', () => {
  test('of a short list has no links', () => {
    expect(paged([1, 2], {}, address)).toEqual({ items: [1, 2], links: {}, meta: { total: 2 } });
  });

  test('in the middle links everywhere and keeps the query', () => {
    const { items, links } = paged(numbers, { page: '2', per_page: '20', tag_name: 'a:b' }, address);
    expect(items).toEqual(numbers.slice(20, 40));
    expect(links.pages).toEqual({
      first: `${address}?per_page=20&tag_name=a%3Ab&page=1`,
      prev: `${address}?per_page=20&tag_name=a%3Ab&page=1`,
      next: `${address}?per_page=20&tag_name=a%3Ab&page=3`,
      last: `${address}?per_page=20&tag_name=a%3Ab&page=3`,
    });
  });

  test('at either end links only towards the rest', () => {
    expect(Object.keys(paged(numbers, {}, address).links.pages ?? {})).toEqual(['next', 'last']);
    expect(Object.keys(paged(numbers, { page: '3' }, address).links.pages ?? {})).toEqual(['first', 'prev']);
  });

  test('takes the usual size for a size that is not allowed', () => {
    expect(paged(numbers, { per_page: '201' }, address).items).toHaveLength(20);
    expect(paged(numbers, { per_page: '200' }, address).items).toHaveLength(45);
  });
});

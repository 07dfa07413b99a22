/** The tags of servers, pure. Clouds take two that differ in case only for one, and keep the case in which they saw it first. */
import { HOST_TAG, MOST_TAGS, type ServerAction } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';

export type TagAction = Extract<ServerAction, { type: 'tag' }>;

/** What look-ups go by. A server that carried another one's tag would be destroyed as its stray. */
const isReserved = (tag: string): boolean => /^citrus-(srv|fleet)/i.test(tag);

const isIn = (tags: readonly string[], tag: string): boolean => tags.some((one) => one.toLowerCase() === tag.toLowerCase());

/** @throws Refusal when one of them is reserved; `path`: where they stand in the request */
export const refuseReserved = (tags: readonly string[], path: string): void => {
  const reserved = tags.find(isReserved);
  if (reserved !== undefined) throw new Refusal('tag.reserved', `The tag ${reserved} is reserved for Citrus. Choose another one.`, [{ path, message: `${reserved} is reserved` }]);
};

/** What is there stays as it was written; each tag once. */
export const tagsAfter = (before: readonly string[], { add, remove }: TagAction): string[] => {
  const kept = before.filter((tag) => !isIn(remove, tag));
  return add.reduce<string[]>((tags, tag) => (isIn(tags, tag) ? tags : [...tags, tag]), kept);
};

/** Also as the server has them written, where somebody wrote them in another case. */
export const tagsToRemove = (before: readonly string[], { remove }: TagAction): string[] => [...new Set([...before.filter((tag) => isIn(remove, tag)), ...remove])];

/** @throws Refusal when this server cannot have its tags changed so */
export const refuseTags = (before: readonly string[], action: TagAction): void => {
  const { add, remove } = action;
  refuseReserved(add, 'add');
  refuseReserved(remove, 'remove');
  if (isIn(remove, HOST_TAG)) throw new Refusal('tag.reserved', `The tag ${HOST_TAG} stays on servers that have it.`, [{ path: 'remove', message: `${HOST_TAG} cannot be taken off` }]);
  const both = add.find((tag) => isIn(remove, tag));
  if (both !== undefined) throw new Refusal('tag.contradiction', `The tag ${both} is to be added and taken off at once. Say one of the two.`, [{ path: 'remove', message: `${both} is to be added too` }]);
  const after = tagsAfter(before, action).length;
  if (after > MOST_TAGS) throw new Refusal('tag.too_many', `A server has at most ${MOST_TAGS} tags; this one would have ${after}. Take some off first.`, [{ path: 'add', message: `makes ${after} tags` }]);
};

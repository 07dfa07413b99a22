/**
 * Crypto-shredding, as a service uses it. What a log says about a person is sealed with a key of that person's own,
 * and forgetting the person is destroying the key: the log, its copies and their backups stay as they are, the hash
 * chain over them still fits, and nobody can read the sealed text any more. See ADR 0009.
 */
export type SubjectKeys = {
  /**
   * Seals text with the subject's key, which is made if there is none. `place` says where the text will stand; it can
   * be opened for the same subject and place only.
   * @throws Refusal `subject.erased`
   * @throws Unavailable when the keyring does not answer
   */
  seal(subjectId: string, text: string, place: string): Promise<string>;
  /**
   * Undefined: the subject was erased, and nobody will ever read this again.
   * @throws Unavailable when the keyring does not answer, or has lost the key
   * @throws SealBroken for another subject, another place or a changed text
   */
  open(subjectId: string, sealed: string, place: string): Promise<string | undefined>;
  /** Makes the subject findable by a name that is kept as a keyed hash, beside the key and destroyed with it. The first to have a name keeps it. */
  name(subjectId: string, name: string): Promise<void>;
  find(name: string): Promise<string | undefined>;
  /** Destroys the keys and names of these subjects for good. Safe to repeat, also for who never had a key. */
  erase(subjectIds: readonly string[]): Promise<void>;
};

/**
 * What a tree may hold. Far above what people write; a file beyond one of these is refused with `limit-exceeded`
 * before it can cost memory or time. docs/spec/tree.md lists them.
 */
export const LIMITS = {
  /** Bytes of one file, looked at before it is read. */
  fileBytes: 4 * 1024 * 1024,
  /** Manifest files of one tree. */
  files: 100_000,
  /** Folders inside folders. */
  folderDepth: 64,
  /** Documents of one file, empty ones included. */
  documents: 10_000,
  /** Mappings and lists inside each other in one document, aliases followed. */
  depth: 64,
  /** Values of one document after its aliases are expanded. */
  values: 200_000,
  /** Canonical JSON of one document in UTF-16 code units: it has to fit into one NATS message with its surroundings. */
  documentCharacters: 768 * 1024,
  /** Canonical JSON of a schedule's data merged over its job's, in UTF-8 bytes. */
  dataBytes: 512 * 1000,
  /** Problems reported of one document; the rest is counted. */
  problemsPerDocument: 100,
} as const

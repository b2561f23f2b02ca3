/** A tree as bytes and back: gzipped JSON, believed only as far as its digests go. */
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { digestOf } from '../core/digest.ts'
import { BelfryError } from '../core/errors.ts'
import { type Tree, type TreeDocument, treeDigest } from '../core/manifest/tree.ts'

/** A tree, compressed and as text: far beyond any real one, and still harmless to hold. */
export const MOST_COMPRESSED_BYTES = 64 * 1024 ** 2
const MOST_BYTES = 512 * 1024 ** 2

const compress = promisify(gzip)
const decompress = promisify(gunzip)

export async function encodeTree(tree: Tree): Promise<Buffer> {
  const documents = tree.documents.map((document) => ({ ...document, positions: [...document.positions] }))
  const bytes = await compress(JSON.stringify({ ...tree, documents }))
  if (bytes.length <= MOST_COMPRESSED_BYTES) return bytes
  throw new BelfryError(
    'too-large',
    `the tree is ${bytes.length} bytes compressed; at most ${MOST_COMPRESSED_BYTES} can be applied at once`,
  )
}

/** Throws `invalid-request` for what is not a tree, or not the one that its digests say. */
export async function decodeTree(bytes: Buffer): Promise<Tree> {
  const sent = await parseTree(bytes)
  const documents = sent.documents.map(
    (document): TreeDocument => ({ ...document, positions: Int32Array.from(document.positions) }),
  )
  const altered = documents.find(({ manifest, digest }) => digestOf(manifest) !== digest)
  if (altered !== undefined || treeDigest(documents) !== sent.digest) {
    throw new BelfryError(
      'invalid-request',
      `the tree is not what its digest says${altered ? `: ${altered.identity}` : ''}`,
    )
  }
  return { documents, digest: sent.digest, warnings: sent.warnings }
}

async function parseTree(bytes: Buffer): Promise<Tree> {
  let sent: Partial<Tree> | null
  try {
    const text = (await decompress(bytes, { maxOutputLength: MOST_BYTES })).toString('utf8')
    sent = JSON.parse(text) as Partial<Tree> | null
  } catch (error) {
    throw new BelfryError('invalid-request', 'what was sent is not a tree', { cause: error })
  }
  if (Array.isArray(sent?.documents) && typeof sent.digest === 'string' && Array.isArray(sent.warnings)) {
    return sent as Tree
  }
  throw new BelfryError('invalid-request', 'what was sent is not a tree')
}

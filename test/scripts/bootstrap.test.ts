import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

interface Source {
  readonly uri: string
  readonly signedBy?: string
  readonly family?: string
}

const scripts = fileURLToPath(new URL('../../scripts/', import.meta.url))
const run = promisify(execFile)

// Plain JavaScript without declarations, because it runs before anything is installed.
const { machineSources } = (await import(join(scripts, 'bootstrap/apt.mjs'))) as {
  machineSources(etc: string): readonly Source[]
}
const { withLock } = (await import(join(scripts, 'bootstrap/lock.mjs'))) as {
  withLock<T>(root: string, work: () => Promise<T>): Promise<T>
}

describe('bootstrap', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'belfry-bootstrap-test-'))
    mkdirSync(join(folder, 'sources.list.d'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const sources = () => machineSources(folder).filter((source) => source.family !== undefined)

  it('finds the mirror in sources of the newer format, not the security archive beside it', () => {
    writeFileSync(
      join(folder, 'sources.list.d', 'debian.sources'),
      [
        'Types: deb',
        '# a comment',
        'URIs: http://mirror.example/debian-security',
        'Suites: bookworm-security',
        'Components: main',
        '',
        'Types: deb deb-src',
        'URIs: http://mirror.example/debian',
        'Suites: bookworm bookworm-updates',
        'Components: main',
        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      ].join('\n'),
    )
    expect(sources()).toMatchObject([
      {
        uri: 'http://mirror.example/debian',
        signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
        family: 'debian',
      },
    ])
  })

  it('finds the mirror in sources of the older format', () => {
    writeFileSync(
      join(folder, 'sources.list'),
      [
        '# deb http://old.example/ubuntu noble main',
        'deb http://security.ubuntu.com/ubuntu noble-security main',
        'deb [arch=amd64 signed-by=/k.gpg] http://de.archive.ubuntu.com/ubuntu/ noble main universe',
        'deb-src http://de.archive.ubuntu.com/ubuntu/ noble main',
      ].join('\n'),
    )
    expect(sources()).toMatchObject([
      { uri: 'http://de.archive.ubuntu.com/ubuntu/', signedBy: '/k.gpg', family: 'ubuntu' },
    ])
  })

  it('keeps a key that stands in the source itself', () => {
    writeFileSync(
      join(folder, 'sources.list.d', 'debian.sources'),
      'Types: deb\nURIs: http://m.example/debian\nSuites: sid\nComponents: main\nSigned-By:\n -----BEGIN PGP-----\n .\n abc\n',
    )
    expect(sources()[0]?.signedBy).toBe('-----BEGIN PGP-----\n\nabc')
  })

  it('ignores sources that are switched off or of somebody else, and files that apt ignores', () => {
    const parts = join(folder, 'sources.list.d')
    writeFileSync(join(parts, 'a.list.disabled'), 'deb http://m.example/debian sid main\n')
    writeFileSync(join(parts, 'b.list'), 'deb https://packages.example/tools stable main\n')
    writeFileSync(
      join(parts, 'c.sources'),
      'Enabled: no\nTypes: deb\nURIs: http://m.example/debian\nSuites: sid\nComponents: main\n',
    )
    expect(sources()).toEqual([])
  })

  it('does its work alone: a second run waits for the first', async () => {
    const order: string[] = []
    let finish: () => void = () => undefined
    const first = withLock(folder, async () => {
      order.push('first begins')
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      order.push('first ends')
    })
    const second = withLock(folder, async () => {
      order.push('second')
    })
    finish()
    await Promise.all([first, second])
    expect(order).toEqual(['first begins', 'first ends', 'second'])
    expect(existsSync(join(folder, '.belfry', 'bootstrap.lock'))).toBe(false)
  })

  it('takes the lock of a run that was killed', async () => {
    const { stdout } = await run(process.execPath, ['-p', 'process.pid'])
    mkdirSync(join(folder, '.belfry', 'bootstrap.lock'), { recursive: true })
    writeFileSync(join(folder, '.belfry', 'bootstrap.lock', 'pid'), stdout.trim())
    expect(await withLock(folder, async () => 'done')).toBe('done')
  })

  it('lets the lock go when its work fails', async () => {
    await expect(withLock(folder, () => Promise.reject(new Error('no network')))).rejects.toThrow(
      'no network',
    )
    expect(await withLock(folder, async () => 'done')).toBe('done')
  })

  it('refuses a BELFRY_NATS_SERVER that is none, and says what to do', async () => {
    const failure = await run(process.execPath, [join(scripts, 'bootstrap.mjs'), '--print-nats-server'], {
      env: { ...process.env, BELFRY_NATS_SERVER: '/bin/ls' },
    }).catch((error: { code: number; stderr: string; stdout: string }) => error)
    expect(failure).toMatchObject({ code: 1, stdout: '' })
    expect(failure.stderr).toContain(
      'BELFRY_NATS_SERVER is /bin/ls, which is not a nats-server that runs here',
    )
    expect(failure.stderr).toContain('or unset it')
  })
})

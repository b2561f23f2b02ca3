import { describe, expect, it } from 'vitest'
import { createService, createServiceGroup, type Service } from '../../src/lifecycle/service.ts'

const forever = new AbortController().signal

function recorded(name: string, log: string[], failing: 'start' | 'stop' | 'never' = 'never'): Service {
  return createService({
    name,
    run() {
      log.push(`${name} starts`)
      if (failing === 'start') throw new Error(`${name} cannot start`)
    },
    end() {
      log.push(`${name} ends`)
      if (failing === 'stop') throw new Error(`${name} cannot stop`)
    },
  })
}

describe('a service', () => {
  it('starts only once', async () => {
    const service = recorded('one', [])
    await service.start(forever)
    await expect(service.start(forever)).rejects.toThrow('one was started a second time')
  })

  it('may be stopped without a start, and twice; its end runs once', async () => {
    const log: string[] = []
    await recorded('idle', log).stop()
    expect(log).toEqual([])
    const service = recorded('one', log)
    await service.start(forever)
    await Promise.all([service.stop(), service.stop()])
    expect(log).toEqual(['one starts', 'one ends'])
  })

  it('is told by its signal to stop while it starts, and is ended after that', async () => {
    const log: string[] = []
    const service = createService({
      name: 'slow',
      run: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            log.push('told')
            reject(new Error('given up'))
          })
        }),
      end: () => void log.push('ended'),
    })
    const starting = service.start(forever)
    await service.stop()
    await expect(starting).rejects.toThrow('given up')
    expect(log).toEqual(['told', 'ended'])
  })

  it('lets go of everything when its start fails', async () => {
    const log: string[] = []
    await expect(recorded('broken', log, 'start').start(forever)).rejects.toThrow('cannot start')
    expect(log).toEqual(['broken starts', 'broken ends'])
  })
})

describe('a group of services', () => {
  it('starts in order and stops in reverse', async () => {
    const log: string[] = []
    const group = createServiceGroup('all', [recorded('a', log), recorded('b', log)])
    await group.start(forever)
    await group.stop()
    expect(log).toEqual(['a starts', 'b starts', 'b ends', 'a ends'])
  })

  it('stops those that run when one cannot start', async () => {
    const log: string[] = []
    const group = createServiceGroup('all', [recorded('a', log), recorded('b', log, 'start')])
    await expect(group.start(forever)).rejects.toThrow('b cannot start')
    expect(log).toEqual(['a starts', 'b starts', 'b ends', 'a ends'])
  })

  it('stops the others when one cannot stop, and then says so', async () => {
    const log: string[] = []
    const group = createServiceGroup('all', [recorded('a', log), recorded('b', log, 'stop')])
    await group.start(forever)
    await expect(group.stop()).rejects.toThrow('b cannot stop')
    expect(log).toEqual(['a starts', 'b starts', 'b ends', 'a ends'])
  })
})

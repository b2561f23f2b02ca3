// Prints the instances, what became of them in order, and what the workers did in order, as JSON.
import { openInstances } from './instances.mjs'

const instances = openInstances()
console.log(
  JSON.stringify({ instances: instances.list(), history: instances.history(), work: instances.work() }),
)
instances.close()

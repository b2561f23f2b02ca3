export { type NatsUser, natsUsers } from '../nats/permissions.ts'

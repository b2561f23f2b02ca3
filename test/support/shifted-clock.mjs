// Loaded before a program (`node --import`): its wall clock runs as many milliseconds ahead as its parent last told it.
// The monotonic clock and all timers are left alone, as they are when somebody sets a machine's clock.
const TrueDate = Date
let aheadMs = 0

class ShiftedDate extends TrueDate {
  constructor(...values) {
    if (values.length === 0) super(ShiftedDate.now())
    else super(...values)
  }

  static now() {
    return TrueDate.now() + aheadMs
  }
}

globalThis.Date = ShiftedDate
process.on('message', (message) => {
  aheadMs = message.aheadMs
})
process.channel?.unref()

// One attempt's time: from the first sight of its input, begun anew with every other input, never counted while idle.

import Testing

@testable import GantryScheduling

struct AttemptClockTests {
  private func running(_ input: UInt32, tag: UInt32 = 7) -> LaneProgress {
    LaneProgress(tag: tag, input: input, isRunning: true)
  }

  @Test func timeBeginsAtTheFirstSight() {
    var clock = AttemptClock()
    #expect(clock.look(at: running(3), taken: 0, now: 100) == 100)
    #expect(clock.look(at: running(3), taken: 0, now: 150) == 100)
  }

  @Test func anotherInputBeginsAnew() {
    var clock = AttemptClock()
    _ = clock.look(at: running(3), taken: 0, now: 100)
    #expect(clock.look(at: running(4), taken: 0, now: 150) == 150)
    #expect(clock.look(at: running(4, tag: 8), taken: 0, now: 170) == 170)
  }

  @Test func idleTimeIsNobodys() {
    var clock = AttemptClock()
    _ = clock.look(at: running(3), taken: 0, now: 100)
    #expect(clock.look(at: LaneProgress(tag: 7, input: 3, isRunning: false), taken: 0, now: 150) == nil)
    #expect(clock.look(at: running(3), taken: 0, now: 200) == 200)
  }

  @Test func deliveringIsNotRunning() {
    var clock = AttemptClock()
    _ = clock.look(at: running(3), taken: 64, now: 100)
    #expect(clock.look(at: running(3), taken: 4096, now: 150) == 150)
    #expect(clock.look(at: running(3), taken: 4096, now: 180) == 150)
  }
}

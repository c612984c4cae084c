// One attempt's time: from the first sight of its input, begun anew with every other input, never counted while idle.

import Testing

@testable import GantryScheduling

struct AttemptClockTests {
  private func running(_ input: UInt32, tag: UInt32 = 7) -> LaneProgress {
    LaneProgress(tag: tag, input: input, isRunning: true)
  }

  @Test func timeBeginsAtTheFirstSight() {
    var clock = AttemptClock()
    #expect(clock.look(at: running(3), isPossible: true, taken: 0, now: 100) == 100)
    #expect(clock.look(at: running(3), isPossible: true, taken: 0, now: 150) == 100)
  }

  @Test func anotherInputBeginsAnew() {
    var clock = AttemptClock()
    _ = clock.look(at: running(3), isPossible: true, taken: 0, now: 100)
    #expect(clock.look(at: running(4), isPossible: true, taken: 0, now: 150) == 150)
    #expect(clock.look(at: running(4, tag: 8), isPossible: true, taken: 0, now: 170) == 170)
  }

  @Test func idleTimeIsNobodys() {
    var clock = AttemptClock()
    _ = clock.look(at: running(3), isPossible: true, taken: 0, now: 100)
    let idle = LaneProgress(tag: 7, input: 4, isRunning: false)
    #expect(clock.look(at: idle, isPossible: true, taken: 0, now: 150) == nil)
    #expect(clock.look(at: running(4), isPossible: true, taken: 0, now: 200) == 200)
  }

  @Test func deliveringIsNotRunning() {
    var clock = AttemptClock()
    _ = clock.look(at: running(3), isPossible: true, taken: 64, now: 100)
    #expect(clock.look(at: running(3), isPossible: true, taken: 4096, now: 150) == 150)
    #expect(clock.look(at: running(3), isPossible: true, taken: 4096, now: 180) == 150)
  }

  @Test func noTimeIsWonByNamingOtherInputs() {
    var clock = AttemptClock()
    _ = clock.look(at: running(3), isPossible: true, taken: 0, now: 100)
    #expect(clock.look(at: running(2), isPossible: true, taken: 0, now: 110) == 100)
    #expect(clock.look(at: running(9), isPossible: false, taken: 0, now: 120) == 100)
    #expect(clock.look(at: running(3, tag: 6), isPossible: true, taken: 0, now: 130) == 100)
    let idle = LaneProgress(tag: 7, input: 3, isRunning: false)
    #expect(clock.look(at: idle, isPossible: true, taken: 0, now: 140) == nil)
    #expect(clock.look(at: running(3), isPossible: true, taken: 0, now: 150) == 100)
    #expect(clock.begun == 1)
  }
}

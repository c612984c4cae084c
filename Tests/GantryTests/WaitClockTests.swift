// The time of each kind of wait adds up, and nothing is counted twice or while nothing is waited for.

import Testing

@testable import Gantry

@Suite struct WaitClockTests {
  @Test func eachSpanIsBookedToWhatWasWaitedForWhenItBegan() {
    var clock = WaitClock()
    clock.look(.input, at: 1_000_000)
    clock.look(.room, at: 1_000_500)
    clock.look(.containers, at: 1_000_530)
    clock.look(.input, at: 1_000_537)
    clock.look(.none, at: 1_000_538)
    clock.look(.none, at: 9_000_000)
    #expect(clock.forInput == 501)
    #expect(clock.forRoom == 30)
    #expect(clock.forContainers == 7)
  }

  @Test func aSpanBelowTheResolutionWaitsForTheNextLook() {
    var clock = WaitClock()
    #expect(clock.isDue(at: 1_000_000))
    clock.look(.input, at: 1_000_000)
    #expect(!clock.isDue(at: 1_000_000 + WaitClock.resolution - 1))
    #expect(clock.isDue(at: 1_000_000 + WaitClock.resolution))
  }
}

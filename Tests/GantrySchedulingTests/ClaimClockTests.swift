// The time of inputs that run beside each other: from the first sight of each claim, and never earlier.

import Testing

@testable import GantryScheduling

struct ClaimClockTests {
  @Test(arguments: [0, UInt64.max - 3]) func timeBeginsAtTheFirstSightOfEachClaim(base: UInt64) {
    var clock = ClaimClock()
    clock.note(claimed: base &+ 2, now: 100)
    clock.note(claimed: base &+ 2, now: 150)
    clock.note(claimed: base &+ 5, now: 200)
    #expect(clock.start(of: base) == 100)
    #expect(clock.start(of: base &+ 1) == 100)
    #expect(clock.start(of: base &+ 2) == 200)
    #expect(clock.start(of: base &+ 4) == 200)
    #expect(clock.start(of: base &+ 5) == nil)
  }

  @Test func whatIsOverdueIsWhatWasSeenByThen() {
    var clock = ClaimClock()
    #expect(clock.claimed(by: 1000) == nil)
    clock.note(claimed: 2, now: 100)
    clock.note(claimed: 5, now: 200)
    #expect(clock.claimed(by: 99) == nil)
    #expect(clock.claimed(by: 100) == 2)
    #expect(clock.claimed(by: 199) == 2)
    #expect(clock.claimed(by: 200) == 5)
  }

  @Test func claimsThatMayBeWithdrawnBeginAnew() {
    var clock = ClaimClock()
    clock.note(claimed: 2, now: 100)
    clock.note(claimed: 5, now: 200)
    clock.distrust(from: 4)
    clock.note(claimed: 5, now: 300)
    #expect(clock.start(of: 1) == 100)
    #expect(clock.start(of: 3) == 200)
    #expect(clock.start(of: 4) == 300)
  }
}

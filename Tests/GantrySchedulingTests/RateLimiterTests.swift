// Whatever passes between a grant, its start, and its observation: no span holds more starts than allowed.

import Testing

@testable import GantryScheduling

struct RateLimiterTests {
  @Test func placesComeBackASpanAfterTheyWereSeen() {
    var limiter = RateLimiter(count: 2, span: 100)
    #expect(limiter.available(now: 0) == 2 && limiter.next() == nil)
    limiter.grant()
    limiter.grant()
    #expect(limiter.available(now: 1_000_000) == 0 && limiter.next() == nil, "nobody knows when they start")
    limiter.observe(at: 1_000_010)
    #expect(limiter.next() == 1_000_111)
    #expect(limiter.available(now: 1_000_110) == 0, "both ends belong to a span")
    #expect(limiter.available(now: 1_000_111) == 1)
    limiter.observe(at: 1_000_050)
    #expect(limiter.available(now: 1_000_150) == 1)
    #expect(limiter.available(now: 1_000_151) == 2)
    #expect(limiter.next() == nil)
  }

  @Test func anObservationOutOfOrderIsNotTooSoon() {
    var limiter = RateLimiter(count: 2, span: 100)
    limiter.grant()
    limiter.grant()
    limiter.observe(at: 60)
    limiter.observe(at: 50)
    #expect(limiter.available(now: 151) == 0)
    #expect(limiter.available(now: 161) == 2)
  }

  @Test func theLongestSpanOverflowsNothing() {
    var limiter = RateLimiter(count: 1, span: .max)
    limiter.grant()
    limiter.observe(at: 5)
    #expect(limiter.available(now: .max - 1) == 0)
    #expect(limiter.next() == .max)
  }

  @Test(arguments: 1...200)
  func noSpanHoldsMoreStartsThanAllowed(seed: UInt64) {
    var random = SplitMix(seed)
    let count = 1 + Int(random.next() % 6)
    let span = 10 + random.next() % 200
    var limiter = RateLimiter(count: count, span: span)
    var now: UInt64 = 0
    var granted: [(start: UInt64, seen: UInt64)] = []
    var starts: [UInt64] = []
    while starts.count < 300 {
      // What started is seen, some time after it did.
      granted.removeAll { one in
        guard one.seen <= now else { return false }
        limiter.observe(at: now)
        return true
      }
      while limiter.available(now: now) > 0, random.next() % 4 != 0 {
        limiter.grant()
        let start = now + random.next() % 30
        starts.append(start)
        granted.append((start, start + random.next() % 30))
      }
      now += 1 + random.next() % 7
    }
    starts.sort()
    for (first, last) in zip(starts, starts.dropFirst(count)) { #expect(last - first > span) }
  }

  private struct SplitMix {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }
}

// Delays before retries, as a table, and at the edges of their types.

import Testing

@testable import GantryScheduling

struct BackoffTests {
  struct Row: Sendable {
    var backoff: Backoff
    var delays: [UInt64?]
  }

  static let rows = [
    Row(
      backoff: Backoff(maxRetries: 5, coefficient: 2, initial: 1_000, most: 6_000),
      delays: [1_000, 2_000, 4_000, 6_000, 6_000, nil, nil]),
    Row(
      backoff: Backoff(maxRetries: 3, coefficient: 1, initial: 70, most: 1_000), delays: [70, 70, 70, nil]),
    Row(backoff: Backoff(maxRetries: 2, coefficient: 10, initial: 0, most: 1_000), delays: [0, 0, nil]),
    Row(
      backoff: Backoff(maxRetries: 2, coefficient: 2, initial: 5_000, most: 1_000),
      delays: [1_000, 1_000, nil]),
    Row(backoff: Backoff(maxRetries: 2, coefficient: 2, initial: 5_000, most: 0), delays: [0, 0, nil]),
    Row(backoff: Backoff(maxRetries: 3, coefficient: 1.5, initial: 3, most: 1_000), delays: [3, 4, 6, nil]),
    Row(backoff: Backoff(maxRetries: 0, coefficient: 2, initial: 1_000, most: 6_000), delays: [nil, nil]),
  ]

  @Test(arguments: rows) func eachRetryWaitsAsTheTableSays(row: Row) {
    #expect((1...row.delays.count).map { row.backoff.delay(beforeRetry: $0) } == row.delays)
  }

  @Test func thereIsNoRetryBeforeTheFirst() {
    let backoff = Backoff(maxRetries: 5, coefficient: 2, initial: 1_000, most: 6_000)
    #expect(backoff.delay(beforeRetry: 0) == nil)
    #expect(backoff.delay(beforeRetry: -1) == nil)
  }

  @Test func theLargestDelaysDoNotOverflow() {
    for coefficient in [1, 2, 1e300] {
      for initial in [1, UInt64.max - 1, UInt64.max] {
        let backoff = Backoff(maxRetries: .max, coefficient: coefficient, initial: initial, most: .max)
        for retry in [1, 2, 64, 5_000] {
          let delay = backoff.delay(beforeRetry: retry)
          #expect(delay != nil && delay ?? 0 >= 1)
        }
        if initial > 1 { #expect(backoff.delay(beforeRetry: 1) == .max) }
      }
    }
  }

  @Test func delaysNeverFallAndNeverPassTheLongest() {
    for coefficient in [1, 1.1, 2, 7.5] {
      let backoff = Backoff(maxRetries: 200, coefficient: coefficient, initial: 11, most: 1_000_000)
      let delays = (1...200).compactMap { backoff.delay(beforeRetry: $0) }
      #expect(delays.count == 200)
      #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
      #expect(delays.allSatisfy { $0 <= 1_000_000 })
    }
  }
}

// Which chunks are compressed: what the user forced, else only where it pays, and rarely again where it did
// not.

import Testing

@testable import GantryScheduling

struct CompressionPolicyTests {
  private func ask(
    _ policy: inout CompressionPolicy, bytes: Int = 100_000, occupancy: Double = 0, work: Double? = nil,
    busy: Bool = false
  ) -> Int? {
    policy.acceleration(bytes: bytes, occupancy: occupancy, work: work, containersAreBusy: busy)
  }

  @Test func whatTheUserForcedIsDone() {
    var never = CompressionPolicy(.never)
    var always = CompressionPolicy(.always(acceleration: 9))
    for bytes in [0, 1, 1_000_000] {
      for occupancy in [0, 1.0] {
        #expect(ask(&never, bytes: bytes, occupancy: occupancy, work: 1e12, busy: true) == nil)
        #expect(ask(&always, bytes: bytes, occupancy: occupancy) == 9)
        always.learn(raw: bytes, stored: nil, nanoseconds: 1)
      }
    }
  }

  /// Bytes, occupancy, nanoseconds of work, containers busy, compressed? Coding costs 2 ns a byte at first.
  static let rows: [(Int, Double, Double?, Bool, Bool)] = [
    // Nothing known: stored.
    (100_000, 0.0, nil, false, false), (100_000, 0.0, nil, true, false),
    // The arena fills.
    (100_000, 0.6, nil, false, true), (100_000, 0.5, nil, false, false),
    // It fills, and coding would cost a tenth of the work, or as much as the work.
    (100_000, 0.6, 2e6, false, true), (100_000, 0.6, 200e3, false, false),
    // Small chunks.
    (1_023, 0.9, nil, false, false), (1_024, 0.9, nil, false, true),
    // Heavy work: only if it waits anyway.
    (100_000, 0.0, 20e6, true, true), (100_000, 0.0, 20e6, false, false),
    // Trivial work.
    (100_000, 0.0, 9e6, true, false), (100_000, 0.0, 1e3, true, false),
  ]

  @Test(arguments: rows) func automaticCompressesWhereItPays(row: (Int, Double, Double?, Bool, Bool)) {
    var policy = CompressionPolicy(.automatic)
    let answer = ask(&policy, bytes: row.0, occupancy: row.1, work: row.2, busy: row.3)
    #expect((answer != nil) == row.4)
  }

  @Test func incompressibleChunksAreTriedEverMoreRarely() {
    var policy = CompressionPolicy(.automatic)
    var tries: [Int] = []
    for chunk in 0..<2_000 where ask(&policy, occupancy: 0.9) != nil {
      tries.append(chunk)
      policy.learn(raw: 100_000, stored: nil, nanoseconds: 100_000)
    }
    #expect(tries.count < 25, "\(tries.count) of 2000")
    #expect(tries.count > 10)
    let gaps = zip(tries, tries.dropFirst()).map { $1 - $0 }
    #expect(gaps.allSatisfy { $0 <= 257 })
    #expect(gaps.last == 257, "never given up")
    // They become compressible: the next try is followed by more.
    policy.learn(raw: 100_000, stored: 20_000, nanoseconds: 100_000)
    #expect((0..<300).contains { _ in ask(&policy, occupancy: 0.9) != nil })
    policy.learn(raw: 100_000, stored: 20_000, nanoseconds: 100_000)
    #expect(ask(&policy, occupancy: 0.9) != nil)
  }

  @Test func expensiveCodingIsNotBoughtForLittleWork() {
    var policy = CompressionPolicy(.automatic)
    #expect(ask(&policy, work: 20e6, busy: true) != nil)
    for _ in 0..<50 { policy.learn(raw: 100_000, stored: 50_000, nanoseconds: 1_000_000) }
    #expect(ask(&policy, work: 20e6, busy: true) == nil, "13 ns a byte now")
    #expect(ask(&policy, work: 200e6, busy: true) != nil)
    #expect(ask(&policy, occupancy: 0.9) != nil, "a full arena pays any price")
  }

  @Test func emptyTriesTeachNothing() {
    var policy = CompressionPolicy(.automatic)
    for _ in 0..<100 { policy.learn(raw: 0, stored: nil, nanoseconds: .max) }
    #expect(ask(&policy, occupancy: 0.9) != nil)
  }
}

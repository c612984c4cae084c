// Chunk sizes: small before anything is known, by measured time afterwards, spread where work is scarce.

import Testing

@testable import GantryScheduling

struct ChunkSizingTests {
  /// A sizing that has just measured enough inputs of the same length.
  private func measured(_ nanoseconds: UInt64) -> ChunkSizing {
    var sizing = ChunkSizing(fixed: nil)
    let count = ChunkSizing.defaultSize
    sizing.learn(count: count, nanoseconds: UInt64(count) * nanoseconds)
    return sizing
  }

  @Test func unmeasuredChunksHaveTheDefaultSize() {
    let sizing = ChunkSizing(fixed: nil)
    #expect(sizing.mean == nil)
    #expect(sizing.next(left: nil, share: 4) == ChunkSizing.defaultSize)
    #expect(sizing.publishEvery == 1)
    #expect(sizing.inputs(worth: 1e6) == nil)
  }

  @Test func aFixedSizeIsKeptWhateverIsMeasured() {
    var sizing = ChunkSizing(fixed: 7)
    for left in [nil, 0, 3, 1_000_000] { #expect(sizing.next(left: left, share: 8) == 7) }
    sizing.learn(count: 10_000, nanoseconds: 10)
    #expect(sizing.next(left: nil, share: 8) == 7)
  }

  /// Nanoseconds an input, inputs of the next chunk, inputs a publication: half a millisecond and a fifth.
  @Test(arguments: [
    (1, 1 << 18, 200_000), (10, 50_000, 20_000), (1_000, 500, 200), (100_000, 5, 2), (400_000, 1, 1),
    (10_000_000, 1, 1), (10_000_000_000, 1, 1),
  ])
  func measuredChunksAreHalfAMillisecondOfWork(row: (nanoseconds: UInt64, size: Int, publish: UInt32)) {
    let sizing = measured(row.nanoseconds)
    #expect(sizing.next(left: nil, share: 1) == row.size)
    #expect(sizing.publishEvery == row.publish)
  }

  @Test func chunksAndPublicationsGrowWithTheWorkThatWasDone() {
    var sizing = ChunkSizing(fixed: nil)
    for round in 1...4_000 {
      sizing.learn(count: 50, nanoseconds: 50 * 1_000)
      let size = sizing.next(left: nil, share: 1)
      let worked = round * 50
      #expect(size <= max(500, worked / 32), "no chunk is more than a small part of what was done before")
      #expect(abs(Int(sizing.publishEvery) - size * 2 / 5) <= 1)
    }
    #expect(sizing.next(left: nil, share: 1) == 4_000, "four milliseconds of work, and no more")
    #expect(sizing.next(left: 1_000, share: 2) == 500, "what is left is spread all the same")
  }

  @Test func scarceWorkIsSpreadAndTrivialWorkIsNot() {
    let slow = measured(1_000_000)
    #expect(slow.next(left: 8, share: 4) == 1)
    let unmeasured = ChunkSizing(fixed: nil)
    // What is left over the share, rounded up: nobody gets an extra round.
    for (left, share, size) in [
      (8, 4, 2), (9, 4, 3), (1, 4, 1), (4, 4, 1), (5, 4, 2), (1_000, 4, 49), (7, 1, 49),
    ] {
      #expect(unmeasured.next(left: left, share: share) == size, "\(left) among \(share)")
    }
    let trivial = measured(1)
    #expect(trivial.next(left: 1_000, share: 4) > 1_000, "spreading a microsecond costs more than it saves")
  }

  @Test func nothingOverflowsAtTheEdges() {
    for sizing in [ChunkSizing(fixed: nil), ChunkSizing(fixed: .max), measured(1), measured(1 << 40)] {
      for left in [nil, 0, 1, Int.max - 1, Int.max] {
        for share in [0, 1, 2, 64, Int.max] { #expect(sizing.next(left: left, share: share) >= 1) }
      }
      #expect(sizing.publishEvery >= 1)
    }
    // A container's own clock is not to be believed: it may claim any duration.
    var lied = ChunkSizing(fixed: nil)
    for _ in 0..<100 { lied.learn(count: 50, nanoseconds: .max) }
    #expect(lied.next(left: nil, share: 2) == 1)
    #expect(lied.publishEvery == 1)
    #expect(lied.inputs(worth: 4e6) == 0)
    for _ in 0..<400 { lied.learn(count: Int(UInt32.max), nanoseconds: 0) }
    #expect(lied.next(left: nil, share: 2) == 1 << 18, "a lie is outgrown")
  }

  @Test func recordsOfNoInputTeachNothing() {
    var sizing = ChunkSizing(fixed: nil)
    sizing.learn(count: 0, nanoseconds: 1_000_000)
    #expect(sizing.mean == nil)
  }

  @Test func aFewInputsDoNotYetChangeTheSize() {
    var sizing = ChunkSizing(fixed: nil)
    sizing.learn(count: ChunkSizing.defaultSize - 1, nanoseconds: 10)
    #expect(sizing.next(left: nil, share: 1) == ChunkSizing.defaultSize)
    sizing.learn(count: 1, nanoseconds: 1)
    #expect(sizing.next(left: nil, share: 1) > ChunkSizing.defaultSize)
  }
}

// The book of one lane by named cases: what each record, harvest, split, revoke and death does to it.

import Testing

@testable import GantryScheduling

struct LaneLedgerTests {
  /// A book with one descriptor for each range, chunks counted from 0, positions from `base`.
  private func book(_ items: Range<UInt32>..., base: UInt64 = 0) -> LaneLedger {
    var ledger = LaneLedger()
    for (chunk, inputs) in items.enumerated() {
      ledger.publish(Piece(chunk: chunk, inputs: inputs), at: base &+ UInt64(chunk))
    }
    return ledger
  }

  // MARK: Records

  @Test func recordsEmptyADescriptorInOrder() throws {
    var ledger = book(3..<7)
    #expect(ledger.inputs == 4)
    let first = try ledger.accept(.outputs(3..<5, at: 0))
    #expect(first.fresh == 3..<5 && first.skipped == 0 && !first.isFinished && first.returned.isEmpty)
    let thrown = try ledger.accept(.one(.single, 5, at: 0))
    #expect(thrown.fresh == 5..<6)
    let last = try ledger.accept(.outputs(6..<7, at: 0, last: true))
    #expect(last.fresh == 6..<7 && last.isFinished && last.returned.isEmpty)
    #expect(ledger.isEmpty && ledger.inputs == 0)
  }

  @Test func aLastRecordMayHoldNothing() throws {
    var ledger = book(0..<1)
    _ = try ledger.accept(.one(.single, 0, at: 0))
    #expect(!ledger.isEmpty, "the container still reads the chunk")
    let last = try ledger.accept(.outputs(1..<1, at: 0, last: true))
    #expect(last.fresh.isEmpty && last.isFinished && last.returned.isEmpty)
    #expect(ledger.isEmpty)
  }

  @Test func piecesCountOnceWithTheLast() throws {
    var ledger = book(0..<2)
    for _ in 0..<3 {
      let piece = try ledger.accept(.one(.piece, 0, at: 0))
      #expect(piece.fresh.isEmpty)
      #expect(ledger.inputs == 2)
    }
    #expect(try ledger.accept(.one(.single, 0, at: 0)).fresh == 0..<1)
    #expect(ledger.inputs == 1)
  }

  @Test func positionsPassTheirWrap() throws {
    var ledger = book(0..<1, 0..<1, 0..<1, base: .max - 1)
    for position in [UInt64.max - 1, .max, 0] {
      #expect(try ledger.accept(.outputs(0..<1, at: position, last: true)).isFinished)
    }
    #expect(ledger.isEmpty)
  }

  // MARK: Harvest

  @Test func aHarvestIsSkippedInTheRecordThatFollows() throws {
    var ledger = book(0..<6)
    _ = try ledger.accept(.outputs(0..<1, at: 0))
    let harvest = try #require(ledger.harvest(at: .running(3, at: 0)))
    #expect(harvest == LaneLedger.Harvest(chunk: 0, fresh: 1..<3, skipped: 0))
    ledger.take(harvest)
    #expect(ledger.inputs == 3)
    let second = try #require(ledger.harvest(at: .running(5, at: 0)))
    #expect(second == LaneLedger.Harvest(chunk: 0, fresh: 3..<5, skipped: 2))
    ledger.take(second)
    let record = try ledger.accept(.outputs(1..<6, at: 0, last: true))
    #expect(record.fresh == 5..<6 && record.skipped == 4)
    #expect(ledger.inputs == 0)
  }

  @Test(arguments: [
    LaneProgress.running(0, at: 7), .idle(0, at: 7),  // nothing complete
    .running(2, at: 6), .running(2, at: 8),  // another descriptor
    .running(9, at: 7), .idle(.max, at: 7),  // beyond its end
  ])
  func nothingIsHarvestedAt(progress: LaneProgress) {
    #expect(book(0..<4, base: 7).harvest(at: progress) == nil)
    #expect(LaneLedger().harvest(at: progress) == nil)
  }

  // MARK: Split

  @Test func aSplitFreesWhatLiesBehindTheRunningInput() throws {
    var ledger = book(0..<8)
    let point = try #require(ledger.splitPoint(at: .running(2, at: 0)))
    #expect(point == (0, 3))
    #expect(ledger.split(at: 3, confirmedBy: .running(2, at: 0)) == (Piece(chunk: 0, inputs: 3..<8), 3))
    #expect(ledger.inputs == 3)
    let last = try ledger.accept(.outputs(0..<3, at: 0, last: true))
    #expect(last.returned.isEmpty && ledger.inputs == 0)
  }

  /// What the container said before and after the end was lowered to 3, and whether the split holds.
  @Test(arguments: [
    (LaneProgress.running(2, at: 0), true), (.idle(3, at: 0), true), (.idle(2, at: 0), true),
    (.running(3, at: 0), false), (.running(4, at: 0), false), (.idle(4, at: 0), false),
    (.running(0, at: 1), false),
    (.idle(0, at: 1), false),
  ])
  func aSplitHoldsOnlyIfTheContainerCannotHavePassed(row: (progress: LaneProgress, holds: Bool)) {
    var ledger = book(0..<8, 0..<1)
    let decision = ledger.split(at: 3, confirmedBy: row.progress)
    #expect((decision.freed != nil) == row.holds)
    #expect(decision.end == (row.holds ? 3 : 8))
    #expect(ledger.inputs == (row.holds ? 4 : 9))
  }

  @Test func aContainerMayHaveStoppedAtAnEndThatWasRestored() throws {
    var ledger = book(0..<8)
    #expect(ledger.split(at: 3, confirmedBy: nil) == (nil, 8))
    let last = try ledger.accept(.outputs(0..<3, at: 0, last: true))
    #expect(last.returned == 3..<8)
    #expect(ledger.inputs == 0)
  }

  @Test func nothingBehindMeansNoSplit() {
    let ledger = book(0..<4)
    #expect(ledger.splitPoint(at: .running(3, at: 0)) == nil)
    #expect(ledger.splitPoint(at: .idle(1, at: 0)) == nil)
    #expect(ledger.splitPoint(at: .running(1, at: 1)) == nil)
    #expect(ledger.splitPoint(at: .running(.max, at: 0)) == nil)
    #expect(LaneLedger().splitPoint(at: .running(0, at: 0)) == nil)
  }

  // MARK: Revoke

  @Test(arguments: [0, UInt64.max - 1, .max]) func revokedDescriptorsComeBackInOrder(base: UInt64) {
    var ledger = book(0..<1, 1..<4, 0..<2, base: base)
    #expect(ledger.revoke(from: base &+ 3).isEmpty)
    #expect(
      ledger.revoke(from: base &+ 1) == [Piece(chunk: 1, inputs: 1..<4), Piece(chunk: 2, inputs: 0..<2)])
    #expect(ledger.inputs == 1)
    #expect(ledger.revoke(from: base) == [Piece(chunk: 0, inputs: 0..<1)])
    #expect(ledger.isEmpty && ledger.inputs == 0)
  }

  // MARK: Death

  @Test func theRunningInputIsChargedAndAllElseRunsAgain() throws {
    var ledger = book(0..<6, 2..<4)
    _ = try ledger.accept(.outputs(0..<1, at: 0))
    let obituary = ledger.close(claimed: 1, at: .running(3, at: 0))
    #expect(obituary.culprit == Piece(chunk: 0, inputs: 3..<4))
    #expect(
      obituary.redeliver == [
        Piece(chunk: 0, inputs: 1..<3), Piece(chunk: 0, inputs: 4..<6), Piece(chunk: 1, inputs: 2..<4),
      ])
    #expect(obituary.released == [0, 1])
    #expect(ledger.isEmpty && ledger.inputs == 0)
  }

  /// Claimed descriptors and the last progress of deaths that are nobody's fault.
  @Test(
    arguments: [
      (0, LaneProgress.idle(0, at: .max)),  // nothing claimed
      (1, .idle(0, at: .max)),  // claimed, not begun: decompressing
      (1, .idle(2, at: 0)),  // between two inputs
      (1, .running(0, at: 0)),  // its record came before it could say so
      (1, .running(4, at: 0)),  // stopped at the end
      (1, .running(2, at: 1)), (2, .running(2, at: 0)), (0, .running(2, at: 0)),  // nonsense
    ] as [(UInt64, LaneProgress)])
  func nobodyIsChargedWhereNothingRan(row: (claimed: UInt64, progress: LaneProgress)) throws {
    var ledger = book(0..<4, 0..<4)
    _ = try ledger.accept(.one(.single, 0, at: 0))
    let obituary = ledger.close(claimed: row.claimed, at: row.progress)
    #expect(obituary.culprit == nil)
    #expect(obituary.redeliver == [Piece(chunk: 0, inputs: 1..<4), Piece(chunk: 1, inputs: 0..<4)])
  }

  @Test func anEmptyBookClosesQuietly() {
    var ledger = LaneLedger()
    #expect(
      ledger.close(claimed: 9, at: .running(0, at: 8))
        == LaneLedger.Obituary(culprit: nil, redeliver: [], released: []))
  }
}

// Whom a death accuses where the dead is not believed: never nobody, never what is accounted for, and all the rest back.

import Testing

@testable import GantryScheduling

struct SuspectsTests {
  private func ledger() -> LaneLedger {
    var ledger = LaneLedger()
    ledger.publish(Piece(chunk: 1, inputs: 3..<9), at: 70)
    ledger.publish(Piece(chunk: 2, inputs: 0..<4), at: 71)
    return ledger
  }

  @Test func theNamedInputBoundsTheSuspicion() {
    var book = ledger()
    let (suspects, obituary) = book.closeDistrusting(at: running(5))
    #expect(suspects == Piece(chunk: 1, inputs: 3..<6))
    #expect(obituary.redeliver == [Piece(chunk: 1, inputs: 6..<9), Piece(chunk: 2, inputs: 0..<4)])
    #expect(obituary.released == [1, 2])
    #expect(book.isEmpty && book.inputs == 0)
  }

  @Test(arguments: [running(9), running(2), running(4, at: 69), running(1, at: 71), idle(5)])
  func nonsenseAccusesAllOfTheOldestDescriptor(_ progress: LaneProgress) {
    var book = ledger()
    let (suspects, obituary) = book.closeDistrusting(at: progress)
    #expect(suspects == Piece(chunk: 1, inputs: 3..<9))
    #expect(obituary.redeliver == [Piece(chunk: 2, inputs: 0..<4)])
  }

  @Test func whatIsAccountedForIsNotAccused() throws {
    var book = ledger()
    _ = try book.accept(RecordFacts(kind: .outputs, position: 70, first: 3, count: 2, isLast: false))
    #expect(book.foremost == Piece(chunk: 1, inputs: 5..<9))
    let (suspects, _) = book.closeDistrusting(at: running(4))
    #expect(suspects == Piece(chunk: 1, inputs: 5..<9))
  }

  @Test func aDescriptorWithoutOpenInputsIsPassedOver() throws {
    var book = ledger()
    _ = try book.accept(RecordFacts(kind: .outputs, position: 70, first: 3, count: 6, isLast: false))
    let (suspects, obituary) = book.closeDistrusting(at: running(0, at: 71))
    #expect(suspects == Piece(chunk: 2, inputs: 0..<1))
    #expect(obituary.redeliver == [Piece(chunk: 2, inputs: 1..<4)])
    #expect(obituary.released == [1, 2])
  }

  @Test func anEmptyBookAccusesNobody() {
    var book = LaneLedger()
    #expect(book.closeDistrusting(at: running(0)).suspects == nil)
    #expect(book.foremost == nil)
  }

  @Test func onlyItsOwnInputsCanBeRunning() {
    let book = ledger()
    #expect(book.mayRun(running(3)) && book.mayRun(running(8)) && book.mayRun(running(0, at: 71)))
    #expect(!book.mayRun(running(2)) && !book.mayRun(running(9)) && !book.mayRun(running(4, at: 71)))
    #expect(!book.mayRun(running(3, at: 72)))
  }

  @Test func aRecordWithoutOutcomeOrEndIsRefused() {
    var book = ledger()
    #expect(throws: LedgerViolation.self) {
      try book.accept(RecordFacts(kind: .outputs, position: 70, first: 3, count: 0, isLast: false))
    }
    #expect(book.entries.count == 2)
  }

  @Test func standingStillIsMeasuredFromTheLastChange() {
    var clock = StandstillClock()
    let first = StandstillClock.Marks(taken: 64, front: 3, begun: 1)
    #expect(clock.look(at: first, now: 10) == 10)
    #expect(clock.look(at: first, now: 90) == 10)
    #expect(clock.look(at: StandstillClock.Marks(taken: 128, front: 3, begun: 1), now: 100) == 100)
    #expect(clock.look(at: StandstillClock.Marks(taken: 128, front: 4, begun: 1), now: 110) == 110)
    #expect(clock.look(at: StandstillClock.Marks(taken: 128, front: 4, begun: 2), now: 120) == 120)
    #expect(clock.look(at: StandstillClock.Marks(taken: 128, front: 4, begun: 2), now: 500) == 120)
  }
}

private func running(_ input: UInt32, at position: UInt64 = 70) -> LaneProgress {
  LaneProgress(tag: LaneProgress.tag(of: position), input: input, isRunning: true)
}

private func idle(_ input: UInt32) -> LaneProgress {
  LaneProgress(tag: LaneProgress.tag(of: 70), input: input, isRunning: false)
}

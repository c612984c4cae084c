// Every state that one descriptor's entry can be in, against every record and every progress in a small box:
// what is wrong is refused by name and changes nothing, and no lie makes an input leave the book twice, or
// not at all.

import Testing

@testable import GantryScheduling

/// One reachable state of a book: a descriptor in some state, and a fresh one behind it.
struct LedgerState: CustomStringConvertible {
  var ledger: LaneLedger
  var description: String { "\(ledger.allEntries.first.map { "\($0)" } ?? "an empty book")" }

  static let base: UInt64 = .max
  static let behind: UInt64 = 0

  /// All of them up to four inputs: splits in conflict, then records, harvests and splits that held.
  static func all() -> [LedgerState] {
    var states: [LedgerState] = []
    for first in [0, 2] as [UInt32] {
      for count in 1...4 as ClosedRange<UInt32> {
        let end = first + count
        for lowest in (first + 1)...end {
          for published in first...end {
            for accounted in published...end {
              for split in max(accounted, first + 1)...end {
                var ledger = LaneLedger()
                ledger.publish(Piece(chunk: 0, inputs: first..<end), at: base)
                ledger.publish(Piece(chunk: 1, inputs: 0..<3), at: behind)
                if lowest < end { _ = ledger.split(at: lowest, confirmedBy: nil) }
                if published > first { _ = try? ledger.accept(.outputs(first..<published, at: base)) }
                if let harvest = ledger.harvest(at: .running(accounted, at: base)) { ledger.take(harvest) }
                if split < end { _ = ledger.split(at: split, confirmedBy: .running(split - 1, at: base)) }
                states.append(LedgerState(ledger: ledger))
              }
            }
          }
        }
      }
    }
    return states
  }
}

struct DishonestContainerTests {
  private static let kinds: [RecordFacts.Kind] = [.outputs, .single, .piece]
  private static let inputs: [UInt32] = Array(0...7) + [.max]

  /// The sentence a record's first fault is named by, in the order of the checks; nil: an honest record.
  private func fault(of record: RecordFacts, in entry: LaneLedger.Entry) -> String? {
    let (upper, overflow) = record.first.addingReportingOverflow(record.count)
    if record.position != entry.position {
      return "descriptor \(record.position) instead of \(entry.position)"
    }
    if record.first != entry.published { return "\(record.count) inputs from \(record.first)" }
    if overflow || upper > entry.end { return "where \(entry.published)..<\(entry.end) were left" }
    if record.count == 0 && !record.isLast { return "a record for no input that does not leave" }
    if record.kind != .outputs && record.count != 1 { return "\(record.count) inputs where one was due" }
    if record.kind == .piece && record.isLast { return "a piece of input \(record.first) that is the last" }
    if upper < entry.accounted { return "where outputs up to \(entry.accounted) were complete" }
    if record.kind != .outputs && entry.accounted > entry.published {
      return "where outputs up to \(entry.accounted) were complete"
    }
    if record.isLast && upper < entry.lowestEnd { return "left at \(upper) of \(entry.end)" }
    return nil
  }

  private func checkRecord(_ record: RecordFacts, _ state: LedgerState) {
    guard let entry = state.ledger.entries.first else { return }
    let expected = fault(of: record, in: entry)
    var ledger = state.ledger
    do {
      let accepted = try ledger.accept(record)
      if let expected { Issue.record("\(record) was accepted, \(expected), in \(state)") }
      if ledger.inputs != state.ledger.inputs - accepted.fresh.count - accepted.returned.count {
        Issue.record("\(record) is miscounted in \(state)")
      }
      if record.isLast != (ledger.entries.count == 1) { Issue.record("\(record) leaves wrongly in \(state)") }
    } catch {
      if expected.map({ error.what.contains($0) }) != true {
        Issue.record("\(record): \"\(error.what)\", not \"\(expected ?? "accepted")\", in \(state)")
      }
      if ledger.allEntries != state.ledger.allEntries || ledger.inputs != state.ledger.inputs {
        Issue.record("\(record) was refused and changed \(state)")
      }
    }
  }

  @Test func everyWrongRecordIsRefusedByNameAndChangesNothing() {
    let positions: [UInt64] = [LedgerState.base, LedgerState.behind, LedgerState.base - 1, 1]
    for state in LedgerState.all() {
      for kind in Self.kinds {
        for isLast in [false, true] {
          for first in Self.inputs {
            for count in Self.inputs {
              checkRecord(
                RecordFacts(kind: kind, position: positions[0], first: first, count: count, isLast: isLast),
                state)
            }
          }
          for position in positions.dropFirst() {
            checkRecord(
              RecordFacts(kind: kind, position: position, first: 0, count: 1, isLast: isLast), state)
          }
        }
      }
    }
    #expect(LedgerState.all().count > 200)
  }

  @Test func aRepeatedRecordIsRefused() throws {
    var ledger = LaneLedger()
    ledger.publish(Piece(chunk: 0, inputs: 0..<4), at: 0)
    let record = RecordFacts.outputs(0..<2, at: 0)
    _ = try ledger.accept(record)
    #expect(throws: LedgerViolation(what: "a record for 2 inputs from 0, where 2..<4 were left")) {
      try ledger.accept(record)
    }
    let last = RecordFacts.outputs(2..<4, at: 0, last: true)
    _ = try ledger.accept(last)
    #expect(throws: LedgerViolation(what: "a record for no descriptor")) { try ledger.accept(last) }
  }

  // MARK: Progress

  private static let progresses: [LaneProgress] = [LedgerState.base, LedgerState.behind, 77].flatMap {
    position in
    inputs.flatMap { [.running($0, at: position), .idle($0, at: position)] }
  }

  /// Every input that is in the book leaves it once when it closes.
  private func checkClose(
    _ ledger: LaneLedger, claimed: UInt64, _ progress: LaneProgress, _ state: LedgerState
  ) {
    var left: Set<[UInt32]> = []
    for entry in ledger.allEntries {
      for input in entry.accounted..<entry.end { left.insert([UInt32(entry.chunk), input]) }
    }
    var ledger = ledger
    let obituary = ledger.close(claimed: claimed, at: progress)
    for piece in obituary.redeliver + (obituary.culprit.map { [$0] } ?? []) {
      for input in piece.inputs where left.remove([UInt32(piece.chunk), input]) == nil {
        Issue.record("input \(input) of \(piece) left twice, at \(progress) in \(state)")
      }
    }
    if !left.isEmpty { Issue.record("\(left) never left, at \(progress) in \(state)") }
    if let culprit = obituary.culprit, culprit.chunk != 0 {
      Issue.record("\(culprit) is not of the oldest descriptor, at \(progress) in \(state)")
    }
  }

  @Test func noProgressMakesAnInputLeaveTwice() {
    for state in LedgerState.all() {
      guard let entry = state.ledger.entries.first else { continue }
      for progress in Self.progresses {
        var ledger = state.ledger
        if let harvest = ledger.harvest(at: progress) {
          if harvest.fresh.lowerBound != entry.accounted || harvest.fresh.upperBound > entry.end {
            Issue.record("\(harvest) at \(progress) in \(state)")
          }
          ledger.take(harvest)
        }
        for claimed in [LedgerState.base, LedgerState.base &+ 1, LedgerState.base &+ 2] {
          checkClose(ledger, claimed: claimed, progress, state)
        }
      }
    }
  }

  @Test func noProgressFreesWhatIsAccountedFor() {
    for state in LedgerState.all() {
      guard let entry = state.ledger.entries.first else { continue }
      for before in Self.progresses {
        guard let (_, least) = state.ledger.splitPoint(at: before) else { continue }
        if least < entry.accounted { Issue.record("a split at \(least) is proposed in \(state)") }
        for end in least..<entry.end {
          for after in Self.progresses {
            var ledger = state.ledger
            let freed = ledger.split(at: end, confirmedBy: after).freed
            if let freed, freed.inputs.lowerBound < entry.accounted || freed.inputs != end..<entry.end {
              Issue.record("\(freed) freed at \(before), \(after) in \(state)")
            }
            if ledger.inputs != state.ledger.inputs - (freed?.inputs.count ?? 0) {
              Issue.record("a split at \(end) is miscounted at \(before), \(after) in \(state)")
            }
            checkClose(ledger, claimed: LedgerState.base &+ 1, after, state)
          }
        }
      }
    }
  }
}
